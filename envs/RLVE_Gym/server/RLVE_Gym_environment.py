"""RLVE_Gym as an environment. Run this file to see it work: ``python3 server/RLVE_Gym_environment.py``."""

import asyncio
import sys
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import uuid4

from openenv.core.env_server.exceptions import CallTimeoutError
from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.types import EnvironmentMetadata
from openenv.core.workers import WorkerTimeoutError

if TYPE_CHECKING or "." in (__package__ or ""):
    from .arrival import arrival
    from .configuration import ADAPTIVE, Configuration, Episode, checked_seed
    from .gym import Gym, shared_gym
    from .parts import RlveGymAction, RlveGymObservation, RlveGymState, batch, problems
    from .workshop import Order
else:
    if not __package__:  # run as a script
        sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from server.arrival import arrival
    from server.configuration import ADAPTIVE, Configuration, Episode, checked_seed
    from server.gym import Gym, shared_gym
    from server.parts import RlveGymAction, RlveGymObservation, RlveGymState, batch, problems
    from server.workshop import Order

T = TypeVar("T")

NO_PROBLEM: Final = "there is no problem yet: call reset() first"


@dataclass
class _Start:
    """A reset under way."""

    configuration: Configuration
    episode: Episode
    order: Order
    episode_id: str | None
    repeats: bool
    """Whether the next reset is expected to ask for the like: this one left the seed to the session."""


class RlveGymEnvironment(Environment[RlveGymAction, RlveGymObservation, RlveGymState]):
    """Poses a problem with each reset and judges any number of outputs for it.

    Generation and judgement happen in worker processes under hard limits. While the model thinks, the problem of the
    next reset is prepared.

    Args:
        environment_identifier: a problem, a family or ``"all"``, several of these as a list, or a mapping from them
            to weights. Default: the variable ``RLVE_GYM_ENVIRONMENT_IDENTIFIER``, else ``Multiplication``.
        difficulty: a level from 0, or ``"adaptive"``. Default: ``RLVE_GYM_DIFFICULTY``, else 0.
        answer_markers: the texts around the answer. Default: ``RLVE_GYM_ANSWER_MARKERS``, else ``<answer>`` and
            ``</answer>``.
        seed: of the first problem; grows by one with each reset. Default: ``RLVE_GYM_SEED``, else 0.
        arguments: overridden arguments per problem, such as its rewards. Default: ``RLVE_GYM_ARGUMENTS``, else none.
        gym: workers and curriculum to share. Default: those of this process.

    Raises:
        ConfigurationError: a ``ValueError`` that names the argument that is wrong, and what would be right.
    """

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(
        self,
        environment_identifier: Any = None,
        difficulty: int | str | None = None,
        answer_markers: tuple[str, str] | list[str] | None = None,
        seed: int | None = None,
        *,
        arguments: dict[str, dict[str, Any]] | None = None,
        gym: Gym | None = None,
    ) -> None:
        super().__init__()
        self._gym = shared_gym() if gym is None else gym
        self._configuration = self._gym.configuration.overridden(
            environment_identifier, difficulty, answer_markers, arguments
        )
        self._seed = self._gym.settings.seed if seed is None else checked_seed(seed)
        self._ahead: Order | None = None
        self._episode_id = str(uuid4())
        self._clear()

    def _clear(self) -> None:
        self._episode: Episode | None = None
        self._posed: batch.Posed | None = None
        self._adaptive = False
        self._failure = NO_PROBLEM
        self._steps = self._samples = self._right = 0

    # Reset

    def reset(
        self,
        seed: int | None = None,
        episode_id: str | None = None,
        environment_identifier: Any = None,
        difficulty: int | str | None = None,
        answer_markers: tuple[str, str] | list[str] | None = None,
        arguments: dict[str, dict[str, Any]] | None = None,
        **kwargs: Any,
    ) -> RlveGymObservation:
        """Pose a problem. What is given holds for this episode only and is as the constructor's; the rest is ignored.

        Where no problem can be generated, ``success`` is False, ``message`` says why, and the next reset goes on
        with the next seed.

        Raises:
            ConfigurationError: for arguments that cannot be; the session stays as it was.
        """
        start = self._start(seed, episode_id, environment_identifier, difficulty, answer_markers, arguments)
        wait((start.order.future,))
        return self._finish(start)

    async def reset_async(
        self, seed: int | None = None, episode_id: str | None = None, **kwargs: Any
    ) -> RlveGymObservation:
        """As :meth:`reset`."""
        run = asyncio.to_thread if self._may_block(**kwargs) else _at_once
        start = await run(self._start, seed, episode_id, **kwargs)
        try:
            await arrival(start.order.future)
        except asyncio.CancelledError:
            start.order.cancel()
            raise
        return await run(self._finish, start)

    def _may_block(self, difficulty: Any = None, arguments: Any = None, **kwargs: Any) -> bool:
        """Whether a reset has to wait for the curriculum's file, or imports problems to check their arguments."""
        adaptive = self._configuration.difficulty is None if difficulty is None else difficulty == ADAPTIVE
        return adaptive or arguments is not None

    def _start(
        self,
        seed: int | None,
        episode_id: str | None,
        environment_identifier: Any = None,
        difficulty: int | str | None = None,
        answer_markers: Any = None,
        arguments: Any = None,
        **kwargs: Any,
    ) -> _Start:
        configuration = self._configuration.overridden(environment_identifier, difficulty, answer_markers, arguments)
        episode = self._gym.episode(configuration, self._seed if seed is None else checked_seed(seed))
        order = self._gym.workshop.order(episode)
        self._drop_ahead()  # now that the order holds on to what was prepared, if that is it
        return _Start(configuration, episode, order, episode_id, repeats=seed is None)

    def _finish(self, start: _Start) -> RlveGymObservation:
        self._clear()
        self._seed += 1
        self._episode_id = start.episode_id or str(uuid4())
        episode, error = start.episode, start.order.future.exception()
        where = f"{episode.identifier}, level {episode.level}, seed {episode.seed}"
        if error is not None:
            self._failure = f"no problem could be generated for {where}: {self._reason(error)}"
            return RlveGymObservation(success=False, message=self._failure)
        self._episode, self._posed = episode, start.order.future.result()
        self._adaptive = start.configuration.difficulty is None
        if start.repeats:
            self._ahead = self._gym.workshop.order(self._gym.episode(start.configuration, self._seed))
        return RlveGymObservation(problem_input=self._posed.prompt, message=where)

    def _reason(self, error: BaseException) -> str:
        if isinstance(error, WorkerTimeoutError):
            return f"it took over {self._gym.workshop.generation_timeout_s:g} s"
        if isinstance(error, MemoryError):
            return "it took too much memory"
        return str(error) or type(error).__name__

    def _drop_ahead(self) -> None:
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            ahead.cancel()

    # Step

    def step(self, action: RlveGymAction, timeout_s: float | None = None, **kwargs: Any) -> RlveGymObservation:
        """Judge an output. ``reward`` and ``verifier_result`` are the verdict; ``done`` stays False.

        Raises:
            TypeError: if the action is no RlveGymAction.
            CallTimeoutError: if the verdict took too long. No reward is made up.
        """
        future = self._send(action)
        if future is None:
            return self._refused()
        wait((future,))
        return self._judged(future)

    async def step_async(
        self, action: RlveGymAction, timeout_s: float | None = None, **kwargs: Any
    ) -> RlveGymObservation:
        """As :meth:`step`."""
        future = self._send(action)
        if future is None:
            return self._refused()
        await arrival(future)
        return await asyncio.to_thread(self._judged, future) if self._adaptive else self._judged(future)

    def _send(self, action: RlveGymAction) -> "Future[list[problems.Verdict]] | None":
        if not isinstance(action, RlveGymAction):
            raise TypeError(f"RLVE_Gym takes RlveGymAction(output=...), not {type(action).__name__}")
        return None if self._posed is None else self._gym.workshop.judge(self._posed.packed, [action.output])

    def _refused(self) -> RlveGymObservation:
        self._steps += 1
        return RlveGymObservation(success=False, message=self._failure)

    def _judged(self, future: "Future[list[problems.Verdict]]") -> RlveGymObservation:
        try:
            (verdict,) = future.result()
        except WorkerTimeoutError:
            raise CallTimeoutError("judging the output", self._gym.workshop.verification_timeout_s) from None
        if self._adaptive and self._episode is not None:
            self._gym.report(self._episode, verdict.accuracy)
        self._steps += 1
        self._samples += 1
        self._right += verdict.accuracy
        return RlveGymObservation(
            problem_input=None if self._posed is None else self._posed.prompt,
            verifier_result=verdict.to_dict(),
            reward=verdict.reward,
            message=_in_words(verdict),
        )

    # The rest

    @property
    def state(self) -> RlveGymState:
        """Where the session stands."""
        episode, posed = self._episode, self._posed
        state = RlveGymState(
            episode_id=self._episode_id,
            step_count=self._steps,
            seed=self._seed,
            num_samples=self._samples,
            sum_accuracy=self._right,
            answer_markers=self._configuration.answer_markers,
        )
        if episode is None or posed is None:
            return state
        return state.model_copy(
            update={
                "problem_input": posed.prompt,
                "environment_identifier": episode.identifier,
                "level": episode.level,
                "problem_seed": episode.seed,
                "answer_markers": episode.answer_markers,
                "arguments": episode.argument_values(),
            }
        )

    def get_metadata(self) -> EnvironmentMetadata:
        """What ``/metadata`` tells."""
        count = len(problems.find())
        return EnvironmentMetadata(
            name="RLVE_Gym",
            description=f"{count} problems verified by program, whose difficulty follows the learner",
            version="0.1.0",
        )

    def close(self) -> None:
        """Give up what was being prepared."""
        self._drop_ahead()


async def _at_once(call: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    return call(*args, **kwargs)


def _in_words(verdict: "problems.Verdict") -> str:
    if not verdict.format_score:
        return "wrong format"
    return "right" if verdict.accuracy else "wrong"


def main() -> None:
    """Pose a problem, judge three outputs, and print what comes of it."""
    environment = RlveGymEnvironment()
    reset = environment.reset()
    lines = [f"{reset.message}:", reset.problem_input or "", ""]
    state = environment.state
    problem = problems.get(str(state.environment_identifier), **state.arguments)
    reference = problem.reference(problem.generate(state.problem_seed or 0, state.level or 0))
    begin, end = state.answer_markers
    for output in ("I do not know", f"{begin}{end}", f"{begin}{reference}{end}"):
        step = environment.step(RlveGymAction(output=output))
        lines.append(f"{output!r}: {step.message}, reward {step.reward}")
    lines.append(f"state: {environment.state.model_dump(exclude={'problem_input'})}")
    environment.close()
    print("\n".join(lines))  # noqa: T201


if __name__ == "__main__":
    main()
