# Environments may narrow the signatures of their verbs.
# mypy: disable-error-code="override"

import functools
import random
import re
from typing import Any, Literal
from uuid import uuid4

import pytest
from pydantic import Field

from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.mcp_types import CallToolAction
from openenv.core.env_server.types import Action, Observation, State
from openenv.testing import ActionSamplingError, EnvironmentCheckError, check_environment
from openenv.testing.rules import RULES

from .environments import BAD, Dice, Guess, NoEpisodeId, ResetNeedsAnArgument, Roll, SecondFails


@pytest.mark.parametrize(("rule", "environment", "seen"), BAD, ids=[bad.__name__ for _, bad, _ in BAD])
def test_each_broken_rule_is_caught(rule: str, environment: Any, seen: str) -> None:
    with pytest.raises(EnvironmentCheckError) as caught:
        check_environment(environment)
    assert caught.value.rule == rule
    assert seen in caught.value.seen
    assert rule in str(caught.value)
    assert caught.value.mend in str(caught.value)


def test_every_rule_has_a_bad_environment() -> None:
    assert {rule for rule, _, _ in BAD} == set(RULES)


def test_the_docstring_lists_the_rules() -> None:
    text = " ".join((check_environment.__doc__ or "").split())
    listed = re.findall(r"- ``(\w+)``: (.*?)(?= - ``| Args:)", text)
    assert listed == [(rule.name, rule.asks) for rule in RULES.values()]


def test_a_good_environment_keeps_every_rule() -> None:
    report = check_environment(Dice)
    assert report.kept == list(RULES)
    assert report.skipped == {}
    assert report.environment == "Dice"
    assert report.steps > 20
    assert "seeds_are_deterministic: ok" in str(report)


def test_functions_and_partials_make_environments() -> None:
    def make_dice() -> Dice:
        return Dice()

    assert check_environment(make_dice).environment == "make_dice"
    assert check_environment(functools.partial(Dice)).environment == "Dice"


def test_an_instance_is_no_factory() -> None:
    with pytest.raises(TypeError, match="not an instance of Dice"):
        check_environment(Dice())  # type: ignore[arg-type]


class Narrow(Dice):
    """Takes no argument where the interface allows some."""

    SUPPORTS_CONCURRENT_SESSIONS = False

    def reset(self) -> Roll:
        return super().reset()


def test_a_state_may_begin_with_the_first_reset() -> None:
    class NoStateYet(Dice):
        def __init__(self) -> None:
            """Everything is made by the first reset."""

    assert check_environment(NoStateYet).skipped == {}


def test_a_reset_argument_without_a_default_is_pointed_to() -> None:
    with pytest.raises(EnvironmentCheckError, match="reset_arguments="):
        check_environment(ResetNeedsAnArgument)


def test_close_may_be_a_coroutine() -> None:
    closed: list[str] = []

    class AsyncClose(Dice):
        async def close(self) -> None:
            closed.append("closed")

    assert check_environment(AsyncClose).skipped == {}
    assert closed


def test_narrowed_signatures_skip_what_they_do_not_offer() -> None:
    report = check_environment(Narrow)
    assert report.skipped == {
        "episode_ids_are_kept": "reset takes no episode_id",
        "seeds_are_deterministic": "reset takes no seed",
        "global_randomness_is_left_alone": "reset takes no seed",
        "instances_are_independent": "SUPPORTS_CONCURRENT_SESSIONS is not set",
    }


class AsyncDice(Environment[Guess, Roll, State]):
    """Asynchronous verbs only."""

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self) -> None:
        self._dice = Dice()

    def reset(self, seed: int | None = None, episode_id: str | None = None, **kwargs: Any) -> Roll:
        raise NotImplementedError("await reset_async")

    def step(self, action: Guess, timeout_s: float | None = None, **kwargs: Any) -> Roll:
        raise NotImplementedError("await step_async")

    async def reset_async(self, seed: int | None = None, episode_id: str | None = None, **kwargs: Any) -> Roll:
        return self._dice.reset(seed, episode_id)

    async def step_async(self, action: Guess, timeout_s: float | None = None, **kwargs: Any) -> Roll:
        assert timeout_s is None or timeout_s > 0
        return self._dice.step(action)

    @property
    def state(self) -> State:
        return self._dice.state


def test_asynchronous_environments() -> None:
    assert check_environment(AsyncDice).skipped == {}


async def test_inside_a_running_event_loop() -> None:
    assert check_environment(AsyncDice).skipped == {}


def test_mcp_environments_are_played_with_their_tools() -> None:
    pytest.importorskip("fastmcp")
    from fastmcp import FastMCP

    from openenv.core.env_server.mcp_environment import MCPEnvironment

    calls: list[str] = []

    class Shout(MCPEnvironment[State]):
        SUPPORTS_CONCURRENT_SESSIONS = True

        def __init__(self) -> None:
            server = FastMCP("shout")

            @server.tool
            def shout(text: str, times: int = 2) -> str:
                calls.append(text)
                return text.upper() * times

            super().__init__(server)
            self._state = State()

        def reset(self, seed: int | None = None, episode_id: str | None = None, **kwargs: Any) -> Observation:
            self._state = State(episode_id=episode_id or str(uuid4()))
            return Observation()

        def step(self, action: Action, timeout_s: float | None = None, **kwargs: Any) -> Observation:
            observation: Observation = super().step(action, timeout_s, **kwargs)
            self._state.step_count += 1
            return observation

        def _step_impl(self, action: Action, timeout_s: float | None = None, **kwargs: Any) -> Observation:
            raise TypeError(f"expected a tool call, got {type(action).__name__}")

        @property
        def state(self) -> State:
            return self._state

    assert check_environment(Shout).skipped == {}
    assert calls
    report = check_environment(Shout, action=CallToolAction(tool_name="shout", arguments={"text": "hi"}))
    assert report.skipped == {}
    assert calls[-1] == "hi"


# Which actions are taken


class Recorder(Dice):
    taken: list[int]

    def __init__(self) -> None:
        super().__init__()
        played.append(self)
        self.taken = []

    def step(self, action: Guess) -> Roll:
        roll = super().step(action)
        self.taken.append(action.number)
        return roll


played: list[Recorder] = []


@pytest.fixture(autouse=True)
def _forget() -> None:
    played.clear()
    SecondFails.made = 0


def longest() -> list[int]:
    return max((recorder.taken for recorder in played), key=len)


def test_one_action_is_repeated() -> None:
    check_environment(Recorder, action=Guess(number=3), steps=4)
    assert [3, 3, 3, 3] in [recorder.taken for recorder in played]


def test_actions_may_be_dictionaries() -> None:
    check_environment(Recorder, actions=[{"number": 1}, Guess(number=6), {"number": 2}])
    assert [1, 6, 2] in [recorder.taken for recorder in played]


def test_a_random_action_factory_is_no_source_of_differences() -> None:
    seen: list[Any] = []

    def at_random(observation: Any) -> Guess:
        seen.append(observation)
        return Guess(number=random.SystemRandom().randint(1, 6))

    assert check_environment(Recorder, action_factory=at_random).skipped == {}
    assert all(isinstance(observation, Roll) for observation in seen)


def test_an_episode_that_ends_early_is_fine() -> None:
    assert check_environment(Dice, action=Guess(number=1), steps=30).skipped == {}


class Move(Action):
    direction: Literal["up", "down"]
    distance: float = Field(gt=0, le=1)
    path: list[tuple[int, int]] = Field(min_length=2)
    speed: int | None
    note: str = "unused"


class MoveOnAGrid(Dice):
    def step(self, action: Move) -> Roll:
        if not isinstance(action, Move):
            raise TypeError("expected a Move")
        assert action.direction in ("up", "down")
        assert len(action.path) >= 2
        return super().step(Guess(number=1))


def test_actions_are_made_from_the_schema() -> None:
    assert check_environment(MoveOnAGrid).skipped == {}


class Secret(Action):
    code: str = Field(pattern=r"^[a-z]{3}-\d{4}$")


class Vault(Dice):
    def step(self, action: Secret) -> Roll:
        if not isinstance(action, Secret):
            raise TypeError("expected a Secret")
        return super().step(Guess(number=1))


def test_a_schema_that_does_not_say_enough_asks_for_actions() -> None:
    with pytest.raises(ActionSamplingError, match=r"Secret\.code is text that must match .*pass action="):
        check_environment(Vault)
    assert check_environment(Vault, action={"code": "abc-1234"}).skipped == {}


class Unannotated(Dice):
    def step(self, action):  # type: ignore[no-untyped-def]
        return super().step(action)


class Untold(Environment[Any, Any, Any]):
    def reset(self) -> Observation:
        self._state = State(episode_id=str(uuid4()))
        return Observation()

    def step(self, action):  # type: ignore[no-untyped-def]
        self._state.step_count += 1
        return Observation(metadata={"error": "wrong"} if not isinstance(action, Guess) else {})

    @property
    def state(self) -> State:
        return self._state


def test_the_action_model_is_found_in_the_type_arguments() -> None:
    assert check_environment(Unannotated).skipped == {}


def test_an_unknown_action_model_is_asked_for() -> None:
    with pytest.raises(ActionSamplingError, match=r"Untold\.step does not say which action it takes"):
        check_environment(Untold)
    with pytest.raises(ActionSamplingError, match="need action_cls="):
        check_environment(Untold, action={"number": 1})
    report = check_environment(Untold, action_cls=Guess)
    assert "wrong_actions_are_refused" in report.kept


def test_an_illegal_sample_says_where_it_came_from() -> None:
    class OnlySeven(Dice):
        def step(self, action: Guess) -> Roll:
            raise ValueError("only 7 is legal")

    with pytest.raises(EnvironmentCheckError, match=r"only 7 is legal[\s\S]*pass actions="):
        check_environment(OnlySeven)


# Settings


def test_rules_may_be_skipped_for_a_reason() -> None:
    report = check_environment(NoEpisodeId, skip={"episode_ids_are_fresh": "no ids here"})
    assert report.skipped["episode_ids_are_fresh"] == "no ids here"
    with pytest.raises(ValueError, match="skip names no rule: episode_ids"):
        check_environment(Dice, skip={"episode_ids": "a typing error"})


class Timed(Dice):
    def step(self, action: Guess) -> Roll:
        roll = super().step(action)
        roll.metadata["elapsed"] = {"step_s": random.SystemRandom().random()}
        return roll


def test_fields_may_be_ignored() -> None:
    with pytest.raises(EnvironmentCheckError, match=r"metadata\.elapsed\.step_s is"):
        check_environment(Timed)
    assert check_environment(Timed, ignore=["metadata.elapsed"]).skipped == {}


def test_reset_arguments_are_passed() -> None:
    class Loaded(Dice):
        def reset(self, seed: int | None = None, episode_id: str | None = None, *, sides: int) -> Roll:
            assert sides == 6
            return super().reset(seed, episode_id)

    with pytest.raises(EnvironmentCheckError, match="sides"):
        check_environment(Loaded)
    assert check_environment(Loaded, reset_arguments={"sides": 6}).skipped == {}


def test_contradicting_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="pass one of action and actions"):
        check_environment(Dice, action=Guess(number=1), actions=[Guess(number=1)])
    with pytest.raises(ValueError, match="at least one seed"):
        check_environment(Dice, seeds=[])


def test_environments_are_closed_also_after_a_failure() -> None:
    open_ones: set[int] = set()

    class Counted(Dice):
        def __init__(self) -> None:
            super().__init__()
            open_ones.add(id(self))

        def close(self) -> None:
            open_ones.discard(id(self))

    class CountedAndBad(Counted):
        def step(self, action: Guess) -> Roll:
            raise RuntimeError("broken")

    check_environment(Counted)
    with pytest.raises(EnvironmentCheckError):
        check_environment(CountedAndBad)
    assert not open_ones
