"""What goes into the Reasoning Gym environment and what comes out."""

from typing import Any

from pydantic import Field

from openenv.core.env_server.types import Action, Observation, State


class ReasoningGymAction(Action):
    """The answer to the question that the latest reset posed."""

    answer: str = Field(description="The answer, in the form the question asks for")


class ReasoningGymObservation(Observation):
    """What a reset or a step shows. A reset shows the question, a step the three other fields.

    Attributes:
        question: the question, as a prompt.
        score: how good the answer was, from 0 to 1; also the ``reward``.
        correct_answer: an answer that scores 1; None where the dataset stores none.
        dataset_metadata: what the dataset tells about the question, with ``source_dataset`` and ``source_index``.
    """

    question: str | None = None
    score: float | None = None
    correct_answer: str | None = None
    dataset_metadata: dict[str, Any] | None = None


class ReasoningGymState(State):
    """Where the session stands.

    Attributes:
        dataset_name: the dataset in use, ``composite`` for several; None before the first reset.
        seed: its seed.
        size: how many questions it has; after the last one comes the first.
        index: which of them was posed last.
        difficulty: levels of the curricula the question was drawn at, by dataset; None where none are used.
    """

    dataset_name: str | None = None
    seed: int | None = None
    size: int | None = None
    index: int | None = None
    difficulty: dict[str, int] | None = None
