"""Rules about calls that are wrong."""

from typing import Any

from openenv.core.env_server.types import Action

from ..bench import Bench, Episode
from ..compare import first_difference
from ..player import CallFailedError
from .registry import rule


class ForeignAction(Action):
    """An action no environment takes."""

    not_for_this_environment: str = "an action of another environment"


@rule(
    "before anything changes, refuse what is not yours: "
    "if not isinstance(action, MyAction): raise TypeError(f'expected MyAction, got {type(action).__name__}')"
)
def wrong_actions_are_refused(bench: Bench) -> str | None:
    """an action of another environment raises a clear error, or is answered with one, and harms nothing"""
    seed = bench.seeds[0]
    model = bench.episode(seed)
    with bench.player() as player:
        if bench.source.action_class(player.environment) is Action:
            return "step takes any Action"
        play = bench.play(player, seed, model.actions)
        first = next(play)[1]
        before = bench.state_of(player)
        try:
            answer = player.step(ForeignAction())
        except CallFailedError as failed:
            if not str(failed.error).strip():
                raise bench.fail(
                    f"step(ForeignAction()) raised {type(failed.error).__name__} without a word"
                ) from failed
            if (difference := first_difference(before, bench.state_of(player))) is not None:
                raise bench.fail(
                    f"step(ForeignAction()) raised, and yet it changed the state: {difference}"
                ) from failed
            rest = [bench.dump(observation) for _, observation in play]
            if player.takes("seed"):
                played = Episode(dumps=[bench.dump(first), *rest])
                bench.same_episode(model, played, "after a refused action")
            return None
        if not _tells_of_an_error(answer):
            raise bench.fail("step(ForeignAction()) was taken for a good action")
        bench.start(player, seed)
    return None


@rule(
    "name the parameters of reset, without **kwargs; or let it drop what it does not know, or raise a "
    "TypeError that names it"
)
def unknown_reset_arguments_do_no_harm(bench: Bench) -> str | None:
    """an argument `reset` does not know is dropped, or refused by name, and the next reset works"""
    unknown = "no_such_argument_of_reset"
    with bench.player() as player:
        try:
            player.reset(**bench.reset_arguments, seed=bench.seeds[0], **{unknown: 1})
        except CallFailedError as failed:
            if not isinstance(failed.error, TypeError | ValueError) or unknown not in str(failed.error):
                raise bench.fail(str(failed)) from failed
        bench.start(player, bench.seeds[0])
    return None


def _tells_of_an_error(observation: Any) -> bool:
    metadata = getattr(observation, "metadata", None) or {}
    return bool(
        metadata.get("error") or getattr(observation, "error", None) or getattr(observation, "success", None) is False
    )
