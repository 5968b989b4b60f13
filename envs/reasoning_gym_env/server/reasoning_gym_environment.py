"""Reasoning Gym as an environment. To see it work: ``python3 server/reasoning_gym_environment.py``."""

import sys
from collections import deque
from concurrent.futures import CancelledError
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from openenv.core.env_server.exceptions import CallTimeoutError
from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.types import EnvironmentMetadata
from openenv.core.wire import decode
from openenv.core.workers import WorkerError, WorkerTimeoutError

if TYPE_CHECKING or "." in (__package__ or ""):
    from ..models import ReasoningGymAction, ReasoningGymObservation, ReasoningGymState
else:
    if not __package__:  # run as a script
        sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from models import ReasoningGymAction, ReasoningGymObservation, ReasoningGymState

if TYPE_CHECKING or __package__:
    from .errors import GenerationError, ScoringError, SelectionError
    from .gym import Gym, shared_gym
    from .questions import Question, Verdict
    from .selection import DEFAULT, Selection, selection_of
    from .workshop import Order
else:
    from server.errors import GenerationError, ScoringError, SelectionError
    from server.gym import Gym, shared_gym
    from server.questions import Question, Verdict
    from server.selection import DEFAULT, Selection, selection_of
    from server.workshop import Order

NO_QUESTION = "there is no open question: call reset() first"


class ReasoningGymEnvironment(Environment[ReasoningGymAction, ReasoningGymObservation, ReasoningGymState]):
    """Poses one question of a dataset with each reset and scores one answer to it.

    Questions are made, and answers scored, in worker processes under hard limits. While the model thinks, the next
    question of the dataset is made.

    Args:
        gym: workers and curriculum to share. Default: those of this process.
    """

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self, gym: Gym | None = None) -> None:
        super().__init__()
        self._gym = shared_gym() if gym is None else gym
        self._episode_id = str(uuid4())
        self._steps = 0
        self._selection: Selection | None = None
        self._next_index = 0
        self._question: Question | None = None
        self._is_open = False
        self._ahead: deque[Order] = deque()
        self._goes_on = True  # whether the next reset is expected to go on with the dataset
        self._went_on = True  # whether any reset has, since the dataset was changed

    # Reset

    def reset(  # type: ignore[override]  # narrowed, as every environment may
        self,
        seed: int | None = None,
        episode_id: str | None = None,
        dataset_name: str | None = None,
        dataset_config: dict[str, Any] | None = None,
        dataset_specs: list[dict[str, Any]] | None = None,
        size: int | None = None,
        curriculum: dict[str, int] | None = None,
        difficulty: int | str | None = None,
    ) -> ReasoningGymObservation:
        """Pose a question: the first of a new dataset, or the next of the one in use.

        Without ``dataset_name``, the next question of the dataset in use; after the last one comes the first. At the
        beginning that is ``leg_counting`` with seed 42 and size 1000. The other arguments have no meaning then, and
        ``seed`` alone changes nothing.

        Args:
            seed: of the dataset: the same name, seed, size and configuration give the same questions in the same
                order.
            dataset_name: a dataset of Reasoning Gym or of ours; ``composite`` for several.
            dataset_config: values of the dataset's own configuration.
            dataset_specs: the datasets of a composite: ``{"name", "weight" = 1, "config" = {}, "curriculum"}`` each.
            size: how many questions the dataset has.
            curriculum: levels of the dataset's curriculum by attribute, instead of the values they stand for; ``*``
                for all others.
            difficulty: one level for all attributes, from 0, or ``"adaptive"``: levels follow the answers.

        Raises:
            SelectionError: a ``ValueError`` for arguments that cannot be; the session stays as it was.
            GenerationError: if the question could not be made. The next reset goes on after it.
            CallTimeoutError: if it took too long; likewise.
        """
        asked = selection_of(dataset_name, dataset_config, dataset_specs, seed, size, curriculum, difficulty)
        question = self._next() if asked is None else self._first(asked)
        self._question, self._is_open = question, True
        self._episode_id = episode_id or str(uuid4())
        self._steps = 0
        self._look_ahead()
        return ReasoningGymObservation(question=question.text, reward=0.0, metadata=self._where(question))

    def _first(self, selection: Selection) -> Question:
        """The first question of another dataset, which is the one in use from then on."""
        self._drop_ahead()
        question = self._made(selection, 0, self._order(selection, 0))
        self._selection, self._next_index = selection, 1 % selection.size
        # Whoever changes the dataset with every reset will do so again: then nothing is worth making ahead.
        self._goes_on, self._went_on = self._went_on, False
        return question

    def _next(self) -> Question:
        """The next question of the dataset in use."""
        if self._selection is None:
            return self._first(DEFAULT)
        self._goes_on = self._went_on = True
        index = self._next_index
        order = self._order(self._selection, index)
        self._next_index = (index + 1) % self._selection.size
        return self._made(self._selection, index, order)

    def _order(self, selection: Selection, index: int) -> Order:
        """A question: the one made ahead if it is that; levels may have moved on since."""
        drawn = self._gym.drawn(selection, index)
        if self._ahead:
            ahead = self._ahead.popleft()
            if ahead.selection.key == drawn.key:
                return ahead
            ahead.cancel()
        return self._gym.workshop.order(drawn, index)

    def _made(self, selection: Selection, index: int, order: Order) -> Question:
        """Wait for a question."""
        where = f"question {index} of {selection.name} with seed {selection.seed}"
        try:
            return order.result()
        except WorkerTimeoutError as error:
            raise CallTimeoutError(f"making {where}", error.timeout_s) from None
        except (CancelledError, MemoryError, WorkerError) as error:
            raise GenerationError(f"{where} could not be made: {_reason(error)}") from None
        except (SelectionError, GenerationError) as error:
            raise type(error)(str(error)) from None  # this one is shared with other sessions

    def _look_ahead(self) -> None:
        """Have the next questions made."""
        selection = self._selection
        assert selection is not None
        wanted = min(self._gym.settings.prepare_ahead, selection.size - 1) if self._goes_on else 0
        while len(self._ahead) < wanted:
            index = (self._next_index + len(self._ahead)) % selection.size
            self._ahead.append(self._gym.workshop.order(self._gym.drawn(selection, index), index))

    def _drop_ahead(self) -> None:
        while self._ahead:
            self._ahead.popleft().cancel()

    def _where(self, question: Question) -> dict[str, Any]:
        """What a reset tells about the question: nothing that helps to answer it."""
        selection = question.selection
        where: dict[str, Any] = {
            "dataset_name": selection.name,
            "seed": selection.seed,
            "size": selection.size,
            "index": question.index,
        }
        return {**where, "difficulty": question.levels} if question.levels else where

    # Step

    def step(  # type: ignore[override]  # likewise
        self, action: ReasoningGymAction, timeout_s: float | None = None
    ) -> ReasoningGymObservation:
        """Score the answer; the episode is over then. Without an open question, the reward is 0 and nothing else is.

        Raises:
            TypeError: if the action is no ReasoningGymAction.
            CallTimeoutError: if the score took too long. No reward is made up; the question stays open.
            ScoringError: if scoring took too much memory; likewise.
        """
        if not isinstance(action, ReasoningGymAction):
            raise TypeError(
                f"the Reasoning Gym environment takes ReasoningGymAction(answer=...), not {type(action).__name__}"
            )
        question = self._question
        if question is None or not self._is_open:
            self._steps += 1
            return ReasoningGymObservation(done=True, reward=0.0, metadata={"error": NO_QUESTION})
        verdict = self._judged(question, action.answer, timeout_s)
        self._is_open = False
        self._steps += 1
        if self._selection is not None and self._selection.is_adaptive:
            self._gym.report(question, verdict.score)
        return ReasoningGymObservation(
            done=True,
            reward=verdict.score,
            score=verdict.score,
            correct_answer=question.answer,
            dataset_metadata=decode(question.metadata),
            metadata={} if verdict.problem is None else {"scoring_error": verdict.problem},
        )

    def _judged(self, question: Question, answer: str, timeout_s: float | None) -> Verdict:
        what = f"scoring an answer to a question of {question.dataset}"
        try:
            return self._gym.workshop.judge(question, answer, timeout_s).result()
        except WorkerTimeoutError as error:
            raise CallTimeoutError(what, error.timeout_s) from None
        except (CancelledError, MemoryError, WorkerError) as error:
            raise ScoringError(f"{what} failed: {_reason(error)}") from None

    # The rest

    @property
    def state(self) -> ReasoningGymState:
        """Where the session stands."""
        question = self._question
        state = ReasoningGymState(episode_id=self._episode_id, step_count=self._steps)
        if question is None:
            return state
        selection = question.selection
        return state.model_copy(
            update={
                "dataset_name": selection.name,
                "seed": selection.seed,
                "size": selection.size,
                "index": question.index,
                "difficulty": question.levels,
            }
        )

    def get_metadata(self) -> EnvironmentMetadata:
        """What ``/metadata`` tells."""
        return EnvironmentMetadata(
            name="reasoning_gym_env",
            description="Questions from the procedural datasets of Reasoning Gym, and a score for each answer",
            version="0.1.0",
        )

    def close(self) -> None:
        """Give up what was being made ahead."""
        self._drop_ahead()


def _reason(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return "it took too much memory"
    return str(error) or "the server stops"


def main() -> None:
    """Play some datasets, with a wrong and a right answer each, and print what comes of it."""
    environment = ReasoningGymEnvironment()
    specs = [{"name": "leg_counting", "weight": 3}, {"name": "chess_state_eval", "weight": 1}]
    episodes: tuple[dict[str, Any], ...] = (
        {"dataset_name": "leg_counting", "seed": 42, "size": 1000},
        {"dataset_name": "reverse_sort", "dataset_config": {"max_length": 6}, "seed": 1, "size": 10},
        {"dataset_name": "composite", "dataset_specs": specs, "seed": 1, "size": 10},
    )
    lines = []
    for arguments in episodes:
        lines.append(f"reset({', '.join(f'{name}={value!r}' for name, value in arguments.items())})")
        lines.append(environment.reset(**arguments).question or "")
        wrong = environment.step(ReasoningGymAction(answer="I do not know"))
        environment.reset(**arguments)  # the same question again
        right = environment.step(ReasoningGymAction(answer=wrong.correct_answer or ""))
        lines.append(f"-> 'I do not know': {wrong.score}; {wrong.correct_answer!r}: {right.score}\n")
    lines.append(f"state: {environment.state}")
    environment.close()
    print("\n".join(lines))  # noqa: T201


if __name__ == "__main__":
    main()
