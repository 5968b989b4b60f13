"""Rules about what one episode has to do with another."""

import contextlib
import random
import sys
from collections.abc import Iterator
from typing import Any

from ..bench import Bench, Episode
from ..compare import first_difference
from .registry import rule

NO_SEED = "reset takes no seed"


@rule(
    "draw everything random from a generator of the instance, made anew from the seed in reset: "
    "self._rng = random.Random(seed); fields that rightly differ, such as times, are named in ignore="
)
def seeds_are_deterministic(bench: Bench) -> str | None:
    """the same seed gives the same episode, in another instance and after a second reset"""
    for seed in bench.seeds:
        first = bench.episode(seed)
        with bench.player() as player:
            if not player.takes("seed"):
                return NO_SEED
            bench.same_episode(
                first, bench.record(player, seed, first.actions), f"with seed {seed} in another instance"
            )
            bench.same_episode(
                first, bench.record(player, seed, first.actions), f"with seed {seed} after a second reset"
            )
    return None


@rule("do nothing in the state property but return the state")
def reading_state_changes_nothing(bench: Bench) -> str | None:
    """`state` read twice is the same, and an episode goes as if it had not been read"""
    with bench.player() as player:
        read = Episode()
        for action, observation in bench.play(player, bench.seeds[0], bench.episode(bench.seeds[0]).actions):
            if (difference := first_difference(bench.state_of(player), bench.state_of(player))) is not None:
                raise bench.fail(f"read twice, the state differs: {difference}")
            read.actions.append(action)
            read.dumps.append(bench.dump(observation))
        if player.takes("seed"):
            bench.same_episode(bench.episode(bench.seeds[0]), read, "with the state read after every step")
    return None


@rule("use a generator of the instance, random.Random(seed) or numpy.random.default_rng(seed), never the module")
def global_randomness_is_left_alone(bench: Bench) -> str | None:
    """an episode with a seed neither reseeds nor uses the global generators of `random` and NumPy"""
    actions = bench.episode(bench.seeds[0]).actions
    with bench.player() as player:
        if not player.takes("seed"):
            return NO_SEED
        with _fresh_global_randomness() as used:
            bench.record(player, bench.seeds[0], actions)
    if used:
        raise bench.fail(f"the global generator of {' and of '.join(used)} was used or reseeded")
    return None


@rule("keep everything that changes in the instance, not in class attributes, module globals or shared files")
def instances_are_independent(bench: Bench) -> str | None:
    """two instances played by turns go as each does alone (if SUPPORTS_CONCURRENT_SESSIONS)"""
    seeds = (bench.seeds[0], bench.seeds[-1])
    alone = [bench.episode(seed) for seed in seeds]
    with bench.player() as one, bench.player() as other:
        if not one.environment.SUPPORTS_CONCURRENT_SESSIONS:
            return "SUPPORTS_CONCURRENT_SESSIONS is not set"
        if not one.takes("seed"):
            return NO_SEED
        players = (one, other)
        by_turns = [Episode(), Episode()]
        plays = [bench.play(p, seed, e.actions) for p, seed, e in zip(players, seeds, alone, strict=True)]
        for _ in range(max(len(episode.dumps) for episode in alone)):
            for index, play in enumerate(plays):
                # An environment may have no state before its first reset.
                neighbour = players[1 - index] if by_turns[1 - index].dumps else None
                before = neighbour and bench.state_of(neighbour)
                _, observation = next(play, (None, None))
                if observation is not None:
                    by_turns[index].dumps.append(bench.dump(observation))
                if neighbour and (difference := first_difference(before, bench.state_of(neighbour))) is not None:
                    raise bench.fail(f"a call to one instance changes the state of another: {difference}")
        for episode, played, name in zip(alone, by_turns, ("one", "the other"), strict=True):
            bench.same_episode(episode, played, f"in {name} of two instances played by turns")
        other.close()
        again = bench.record(one, seeds[0], alone[0].actions)
        bench.same_episode(alone[0], again, "after another instance was closed")
    return None


@contextlib.contextmanager
def _fresh_global_randomness() -> Iterator[list[str]]:
    """Global generators in a state nobody knows, put back afterwards; fills in which of them were touched."""
    used: list[str] = []
    numpy = sys.modules.get("numpy.random")
    ours, theirs = random.getstate(), numpy and numpy.get_state()
    random.seed()
    fresh = random.getstate()
    if numpy:
        numpy.seed()
        numpy_fresh = _comparable(numpy.get_state())
    try:
        yield used
        if random.getstate() != fresh:
            used.append("random")
        if numpy and _comparable(numpy.get_state()) != numpy_fresh:
            used.append("numpy")
    finally:
        random.setstate(ours)
        if numpy:
            numpy.set_state(theirs)


def _comparable(state: Any) -> list[Any]:
    return [getattr(part, "tolist", lambda part=part: part)() for part in state]
