"""What was evaluated, and what came out."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class EvalConfig(BaseModel):
    """Everything needed to run an evaluation again.

    Attributes:
        harness_name: what runs it, such as ``InspectAIHarness``.
        harness_version: version of the library behind the harness.
        library_versions: of other libraries that matter, by name.
        dataset: what the harness evaluates on.
        eval_parameters: the harness's own parameters.
    """

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    harness_name: str
    harness_version: str
    library_versions: dict[str, str]
    dataset: str
    eval_parameters: dict[str, Any]


class EvalResult(BaseModel):
    """The scores of an evaluation, together with what was evaluated."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    config: EvalConfig
    scores: dict[str, Any]
