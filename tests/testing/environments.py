"""A good environment, and bad ones that each break one rule."""

# Environments may narrow the signatures of their verbs, and some here return what their models forbid.
# mypy: disable-error-code="override, arg-type"

import random
from typing import Any, ClassVar
from uuid import uuid4

from pydantic import Field

from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.types import Action, EnvironmentMetadata, Observation, State


class Guess(Action):
    number: int = Field(ge=1, le=6)


class Roll(Observation):
    rolled: int | None = None


class Dice(Environment[Guess, Roll, State]):
    """Guess a die; ten rolls an episode."""

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self) -> None:
        super().__init__()
        self._rng = random.Random()
        self._state = State()

    def reset(self, seed: int | None = None, episode_id: str | None = None) -> Roll:
        self._rng = random.Random(seed)
        self._state = State(episode_id=episode_id or str(uuid4()))
        return Roll()

    def step(self, action: Guess) -> Roll:
        if not isinstance(action, Guess):
            raise TypeError(f"expected a Guess, got {type(action).__name__}")
        self._state.step_count += 1
        rolled = self._rng.randint(1, 6)
        return Roll(rolled=rolled, reward=float(rolled == action.number), done=self._state.step_count == 10)

    @property
    def state(self) -> State:
        return self._state


class NotAnEnvironment:
    def __init__(self) -> None:
        self._dice = Dice()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dice, name)


class SecondFails(Dice):
    made: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).made += 1
        if type(self).made % 2 == 0:
            raise RuntimeError("the port is taken")


class Nameless(Dice):
    def get_metadata(self) -> EnvironmentMetadata:
        return EnvironmentMetadata(name="nameless", description=" ")


class MetadataAsDict(Dice):
    def get_metadata(self) -> Any:
        return {"name": "dice", "description": "dice"}


class ResetReturnsNothing(Dice):
    def reset(self, seed: int | None = None, episode_id: str | None = None) -> Any:
        super().reset(seed, episode_id)


class ResetWorksOnce(Dice):
    def reset(self, seed: int | None = None, episode_id: str | None = None) -> Roll:
        if self._state.episode_id is not None:
            raise RuntimeError("already started")
        return super().reset(seed, episode_id)


class ResetNeedsAnArgument(Dice):
    def reset(self, sides: int, seed: int | None = None, episode_id: str | None = None) -> Roll:
        return super().reset(seed, episode_id)


class ResetNeedsASeed(Dice):
    def reset(self, seed: int, episode_id: str | None = None) -> Roll:
        return super().reset(seed, episode_id)


class ResetIsACoroutine(Dice):
    async def reset(self, seed: int | None = None, episode_id: str | None = None) -> Roll:
        return super().reset(seed, episode_id)


class StepIsACoroutine(Dice):
    async def step(self, action: Guess) -> Roll:
        return super().step(action)


class OverBeforeItBegins(Dice):
    def reset(self, seed: int | None = None, episode_id: str | None = None) -> Roll:
        super().reset(seed, episode_id)
        return Roll(done=True)


class StepReturnsTuple(Dice):
    def step(self, action: Guess) -> Any:
        roll = super().step(action)
        return roll, roll.reward


class StepFails(Dice):
    def step(self, action: Guess) -> Roll:
        super().step(action)
        raise KeyError("board")


class RewardIsNaN(Dice):
    def step(self, action: Guess) -> Roll:
        roll = super().step(action)
        roll.reward = float("nan")
        return roll


class RewardIsText(Dice):
    def step(self, action: Guess) -> Roll:
        return Roll.model_construct(rolled=super().step(action).rolled, done=False, reward="good", metadata={})


class DoneIsANumber(Dice):
    def step(self, action: Guess) -> Roll:
        return Roll.model_construct(rolled=super().step(action).rolled, done=0, reward=0.0, metadata={})


class KeysAreNumbers(Dice):
    def step(self, action: Guess) -> Roll:
        roll = super().step(action)
        roll.metadata[roll.rolled] = "rolled"  # type: ignore[index]
        return roll


class BytesInMetadata(Dice):
    def step(self, action: Guess) -> Roll:
        roll = super().step(action)
        roll.metadata["screen"] = b"\x00\xff"
        return roll


class ReturnsOneObservation(Dice):
    """There is one observation, and every step writes over it."""

    def reset(self, seed: int | None = None, episode_id: str | None = None) -> Roll:
        self._roll = super().reset(seed, episode_id)
        return self._roll

    def step(self, action: Guess) -> Roll:
        roll = super().step(action)
        self._roll.rolled, self._roll.reward, self._roll.done = roll.rolled, roll.reward, roll.done
        return self._roll


class SharesItsLog(Dice):
    """All observations of an episode hold the one list that every step appends to."""

    def reset(self, seed: int | None = None, episode_id: str | None = None) -> Roll:
        self._log: list[int | None] = []
        roll = super().reset(seed, episode_id)
        roll.metadata["log"] = self._log
        return roll

    def step(self, action: Guess) -> Roll:
        roll = super().step(action)
        self._log.append(roll.rolled)
        roll.metadata["log"] = self._log
        return roll


class SharesItsLogAmongEpisodes(Dice):
    """The log that a reset shows is written over by the next one."""

    def __init__(self) -> None:
        super().__init__()
        self._log: list[int | None] = []

    def reset(self, seed: int | None = None, episode_id: str | None = None) -> Roll:
        roll = super().reset(seed, episode_id)
        self._log[:] = [seed]
        roll.metadata["log"] = self._log
        return roll


class Odds:
    """A type of its own, with neither a schema nor a JSON form."""


class OddRoll(Roll):
    odds: Odds | None = None


class NoSchema(Dice):
    def reset(self, seed: int | None = None, episode_id: str | None = None) -> Roll:
        super().reset(seed, episode_id)
        return OddRoll()


class StateIsADict(Dice):
    @property
    def state(self) -> Any:
        return {"episode_id": self._state.episode_id, "step_count": self._state.step_count}


class StateHoldsASet(Dice):
    @property
    def state(self) -> State:
        return State(**self._state.model_dump(), seen={1, 2})


class StateIsAMethod(Dice):
    def state(self) -> State:
        return self._state


class StateIsACoroutine(Dice):
    @property
    async def state(self) -> Any:
        return self._state


class ReadingCounts(Dice):
    @property
    def state(self) -> State:
        self._reads = getattr(self, "_reads", 0) + 1
        return State(**self._state.model_dump(), reads=self._reads)


class ReadingDraws(Dice):
    @property
    def state(self) -> State:
        self._rng.random()
        return self._state


class CountsTwice(Dice):
    def step(self, action: Guess) -> Roll:
        roll = super().step(action)
        self._state.step_count += 1
        return roll


class NeverCountsAnew(Dice):
    def reset(self, seed: int | None = None, episode_id: str | None = None) -> Roll:
        steps = self._state.step_count
        roll = super().reset(seed, episode_id)
        self._state.step_count = steps
        return roll


class IgnoresEpisodeId(Dice):
    def reset(self, seed: int | None = None, episode_id: str | None = None) -> Roll:
        return super().reset(seed, None)


class LosesEpisodeId(Dice):
    def step(self, action: Guess) -> Roll:
        roll = super().step(action)
        self._state.episode_id = None
        return roll


class NoEpisodeId(Dice):
    def reset(self, seed: int | None = None) -> Roll:
        roll = super().reset(seed)
        self._state.episode_id = None
        return roll


class SameEpisodeId(Dice):
    def reset(self, seed: int | None = None, episode_id: str | None = None) -> Roll:
        return super().reset(seed, episode_id or "dice")


class IgnoresSeed(Dice):
    def reset(self, seed: int | None = None, episode_id: str | None = None) -> Roll:
        return super().reset(None, episode_id)


class SeedsOnce(Dice):
    seeded = False

    def reset(self, seed: int | None = None, episode_id: str | None = None) -> Roll:
        rng = self._rng
        roll = super().reset(seed, episode_id)
        if self.seeded:
            self._rng = rng
        self.seeded = True
        return roll


class SeedsTheGlobalGenerator(Dice):
    """Every episode draws its rolls from the global generator: equal, but not among threads."""

    def reset(self, seed: int | None = None, episode_id: str | None = None) -> Roll:
        roll = super().reset(seed, episode_id)
        random.seed(seed)
        self._rolls = [random.randint(1, 6) for _ in range(10)]
        return roll


class SeedsNumPy(Dice):
    def reset(self, seed: int | None = None, episode_id: str | None = None) -> Roll:
        import numpy

        numpy.random.seed(seed)
        return super().reset(seed, episode_id)


class SharesItsGenerator(Dice):
    shared: ClassVar[random.Random] = random.Random()

    def reset(self, seed: int | None = None, episode_id: str | None = None) -> Roll:
        roll = super().reset(seed, episode_id)
        self._rng = self.shared
        self._rng.seed(seed)
        return roll


class SharesItsState(Dice):
    shared: ClassVar[list[State]] = [State()]

    def reset(self, seed: int | None = None, episode_id: str | None = None) -> Roll:
        roll = super().reset(seed, episode_id)
        self.shared[0] = self._state
        return roll

    @property
    def state(self) -> State:
        return self.shared[0]


class ClosesOthers(Dice):
    """An instance that closes takes from the others what they share."""

    table: ClassVar[list[str]] = ["table"]

    def __init__(self) -> None:
        super().__init__()
        self.table[:] = ["table"]

    def reset(self, seed: int | None = None, episode_id: str | None = None) -> Roll:
        if not self.table:
            raise RuntimeError("no table")
        return super().reset(seed, episode_id)

    def close(self) -> None:
        self.table.clear()


class TakesAnything(Dice):
    def step(self, action: Guess) -> Roll:
        return super().step(action if isinstance(action, Guess) else Guess(number=1))


class CountsBeforeItLooks(Dice):
    def step(self, action: Guess) -> Roll:
        if not isinstance(action, Guess):
            self._state.step_count += 1
        return super().step(action)


class RollsBeforeItLooks(Dice):
    def step(self, action: Guess) -> Roll:
        if not isinstance(action, Guess):
            self._rng.random()
        return super().step(action)


class RefusesWithoutAWord(Dice):
    def step(self, action: Guess) -> Roll:
        assert isinstance(action, Guess)
        return super().step(action)


class FailsOnUnknownArguments(Dice):
    def reset(self, seed: int | None = None, episode_id: str | None = None, **kwargs: Any) -> Roll:
        roll = super().reset(seed, episode_id)
        for name in kwargs:
            raise KeyError(name)
        return roll


class ClosesOnce(Dice):
    closed = False

    def close(self) -> None:
        if self.closed:
            raise RuntimeError("already closed")
        self.closed = True


class ClosesAfterResetOnly(Dice):
    def close(self) -> None:
        if self._state.episode_id is None:
            raise RuntimeError("never started")


class CloseNeedsAnArgument(Dice):
    def close(self, force: bool) -> None:
        """Nothing to free."""


BAD: list[tuple[str, type, str]] = [
    ("constructs", NotAnEnvironment, "made NotAnEnvironment"),
    ("constructs", SecondFails, "the port is taken"),
    ("metadata_is_complete", Nameless, "description is empty"),
    ("metadata_is_complete", MetadataAsDict, "returned dict"),
    ("reset_returns_an_observation", ResetReturnsNothing, "reset returned NoneType"),
    ("reset_returns_an_observation", ResetWorksOnce, "already started"),
    ("reset_returns_an_observation", ResetNeedsAnArgument, "missing 1 required positional argument: 'sides'"),
    ("reset_returns_an_observation", ResetNeedsASeed, "reset() raised TypeError"),
    ("reset_returns_an_observation", ResetIsACoroutine, "only reset_async, step_async and close are awaited"),
    ("step_returns_an_observation", StepIsACoroutine, "only reset_async, step_async and close are awaited"),
    ("step_returns_an_observation", OverBeforeItBegins, "no episode has a step"),
    ("step_returns_an_observation", StepReturnsTuple, "step returned tuple"),
    ("step_returns_an_observation", StepFails, "raised KeyError: 'board'"),
    ("rewards_are_finite", RewardIsNaN, "a reward is nan"),
    ("rewards_are_finite", RewardIsText, "'good'"),
    ("done_is_a_bool", DoneIsANumber, "done is 0"),
    ("observations_survive_json", KeysAreNumbers, "metadata has no"),
    ("observations_survive_json", BytesInMetadata, "bytes have no JSON form"),
    ("observations_never_change", ReturnsOneObservation, "the observation of reset is another after step 1: reward is"),
    ("observations_never_change", SharesItsLog, "the observation of reset is another after step 1: metadata.log has"),
    ("observations_never_change", SharesItsLogAmongEpisodes, "is another after the next reset: metadata.log[0] is"),
    ("models_have_schemas", NoSchema, "OddRoll has no JSON Schema"),
    ("state_is_a_state", StateIsADict, "state is a dict"),
    ("state_is_a_state", StateHoldsASet, "seen is {1, 2}"),
    ("state_is_a_state", StateIsAMethod, "state is a method"),
    ("state_is_a_state", StateIsACoroutine, "only reset_async, step_async and close are awaited"),
    ("reading_state_changes_nothing", ReadingCounts, "reads is"),
    ("reading_state_changes_nothing", ReadingDraws, "with the state read"),
    ("steps_are_counted", CountsTwice, "step_count is 2 after 1 steps"),
    ("steps_are_counted", NeverCountsAnew, "after 0 steps"),
    ("episode_ids_are_kept", IgnoresEpisodeId, "after reset, state.episode_id is"),
    ("episode_ids_are_kept", LosesEpisodeId, "after step, state.episode_id is None"),
    ("episode_ids_are_fresh", NoEpisodeId, "state.episode_id is None"),
    ("episode_ids_are_fresh", SameEpisodeId, "two episodes have the id 'dice'"),
    ("seeds_are_deterministic", IgnoresSeed, "in another instance"),
    ("seeds_are_deterministic", SeedsOnce, "after a second reset"),
    ("global_randomness_is_left_alone", SeedsTheGlobalGenerator, "generator of random"),
    ("global_randomness_is_left_alone", SeedsNumPy, "generator of numpy"),
    ("instances_are_independent", SharesItsGenerator, "played by turns"),
    ("instances_are_independent", SharesItsState, "changes the state of another"),
    ("instances_are_independent", ClosesOthers, "no table"),
    ("wrong_actions_are_refused", TakesAnything, "taken for a good action"),
    ("wrong_actions_are_refused", CountsBeforeItLooks, "changed the state: step_count is 0, then 1"),
    ("wrong_actions_are_refused", RollsBeforeItLooks, "after a refused action"),
    ("wrong_actions_are_refused", RefusesWithoutAWord, "AssertionError without a word"),
    ("unknown_reset_arguments_do_no_harm", FailsOnUnknownArguments, "raised KeyError"),
    ("close_is_idempotent", ClosesOnce, "already closed"),
    ("close_is_idempotent", ClosesAfterResetOnly, "never started"),
    ("close_is_idempotent", CloseNeedsAnArgument, "missing 1 required positional argument: 'force'"),
]
