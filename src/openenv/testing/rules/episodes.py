"""Rules about how an episode goes and ends."""

import itertools
from typing import Any

from ..bench import EPISODE_ID, Bench
from .registry import rule


@rule("set step_count to 0 in reset and add 1 to it in every step")
def steps_are_counted(bench: Bench) -> str | None:
    """`state.step_count` is 0 after a reset and grows by 1 with every step"""
    with bench.player() as player:
        for _ in range(2):
            for steps, _ in enumerate(bench.play(player, bench.seeds[0])):
                count = bench.state_of(player)["step_count"]
                if count != steps:
                    raise bench.fail(f"state.step_count is {count!r} after {steps} steps")
    return None


@rule("keep the episode_id that reset is given: State(episode_id=episode_id or str(uuid4()))")
def episode_ids_are_kept(bench: Bench) -> str | None:
    """`reset(episode_id=...)` becomes `state.episode_id` and stays it"""
    with bench.player() as player:
        if not player.takes("episode_id"):
            return "reset takes no episode_id"
        for wanted in (EPISODE_ID, f"{EPISODE_ID}-2"):
            observation = bench.start(player, bench.seeds[0], wanted)
            _is_episode(bench, bench.state_of(player)["episode_id"], wanted, "reset")
            if not observation.done:
                bench.act(player, bench.source.next(player.environment, observation, 0))
                _is_episode(bench, bench.state_of(player)["episode_id"], wanted, "step")
    return None


@rule("make a new id in every reset that is given none: State(episode_id=episode_id or str(uuid4()))")
def episode_ids_are_fresh(bench: Bench) -> str | None:
    """`reset()` without an id makes one that no other episode has"""
    seen: set[str] = set()
    for _ in range(2):
        with bench.player() as player:
            for _ in range(2):
                bench.start(player, None, None)
                episode_id = bench.state_of(player)["episode_id"]
                if not isinstance(episode_id, str) or not episode_id:
                    raise bench.fail(f"after reset() without an id, state.episode_id is {episode_id!r}")
                if episode_id in seen:
                    raise bench.fail(f"two episodes have the id {episode_id!r}")
                seen.add(episode_id)
    return None


@rule("let close() free what there is to free, once, and do nothing when called again or before a reset")
def close_is_idempotent(bench: Bench) -> str | None:
    """`close()` may be called twice, and before any reset"""
    for steps in (None, 0, bench.source.count):
        with bench.player() as player:
            if steps is not None:
                for _ in itertools.islice(bench.play(player, bench.seeds[0]), steps + 1):
                    continue
            player.close()
            player.close()
    return None


def _is_episode(bench: Bench, episode_id: Any, wanted: str, verb: str) -> None:
    if episode_id != wanted:
        raise bench.fail(f"after {verb}, state.episode_id is {episode_id!r}, not {wanted!r}")
