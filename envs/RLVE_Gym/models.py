"""What goes into RLVE_Gym and what comes out."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from openenv.core.env_server.types import Action, Observation, State


class RlveGymAction(Action):
    """Everything a model wrote. The answer is what stands between the last pair of answer markers."""

    output: str = Field(description="The model's whole output")


class RlveGymObservation(Observation):
    """What a reset or a step shows.

    Attributes:
        problem_input: the problem posed, as a prompt; None where there is none.
        verifier_result: the verdict on a step's output, ``{"reward": float, "accuracy": 0 or 1, "format_score": 0
            or 1}``; None after a reset. The reward is the observation's ``reward``, too.
        success: whether the reset posed a problem, or the step was judged.
        message: what happened, in words.
    """

    problem_input: str | None = None
    verifier_result: dict[str, Any] | None = None
    success: bool = True
    message: str = ""


class RlveGymState(State):
    """Where the session stands. What is hidden from the model, the reference answer included, is not in it.

    Attributes:
        seed: what the next reset uses where it is given no seed.
        problem_input: the problem posed, as a prompt; None where there is none, or its generation failed.
        num_samples: outputs judged on this problem.
        sum_accuracy: how many of them were right.
        environment_identifier: the problem posed.
        level: its difficulty level.
        problem_seed: the seed it was generated from.
        answer_markers: the texts around the answer.
        arguments: the overridden arguments of the problem, such as its rewards.
    """

    seed: int = 0
    problem_input: str | None = None
    num_samples: int = 0
    sum_accuracy: int = 0
    environment_identifier: str | None = None
    level: int | None = None
    problem_seed: int | None = None
    answer_markers: tuple[str, str] = ("<answer>", "</answer>")
    arguments: dict[str, Any] = Field(default_factory=dict)


class RlveGymBatchItem(BaseModel):
    """Outputs for one problem, for `POST /verify_batch`.

    The problem is given by `seed` and `level`, and generated again, or as `parameter`, the instance itself.

    Attributes:
        arguments: overridden arguments of the problem, such as its rewards.
    """

    model_config = ConfigDict(extra="forbid")

    environment_identifier: str
    outputs: list[str]
    seed: int | None = Field(default=None, ge=0)
    level: int | None = Field(default=None, ge=0)
    parameter: dict[str, Any] | None = None
    answer_markers: tuple[str, str] = ("<answer>", "</answer>")
    arguments: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _says_which_problem(self) -> "RlveGymBatchItem":
        if self.parameter is None and (self.seed is None or self.level is None):
            raise ValueError("give seed and level, or parameter")
        return self


class RlveGymVerdict(BaseModel):
    """The verdict on one output."""

    reward: float
    accuracy: int
    format_score: int


class RlveGymBatchError(BaseModel):
    """Why there is no verdict: `VALIDATION_ERROR`, `EXECUTION_ERROR` or `TIMEOUT`, and in words."""

    code: str
    message: str


class RlveGymBatchResult(BaseModel):
    """What became of one item: a verdict or an error per output, or one error for all."""

    verifier_results: list[RlveGymVerdict | RlveGymBatchError] = Field(default_factory=list)
    error: RlveGymBatchError | None = None


class RlveGymBatchRequest(BaseModel):
    """Body of `POST /verify_batch`."""

    model_config = ConfigDict(extra="forbid")

    items: list[RlveGymBatchItem]


class RlveGymBatchResponse(BaseModel):
    """Reply of `POST /verify_batch`: a result per item, in their order."""

    results: list[RlveGymBatchResult]
