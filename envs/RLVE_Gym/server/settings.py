"""What a host can set for RLVE_Gym: one table of `RLVE_GYM_*` variables."""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from openenv.core.curriculum import Curriculum

from .configuration import ADAPTIVE, Configuration, checked_seed
from .parts import batch
from .selection import ConfigurationError

ENV_PREFIX: Final = "RLVE_GYM_"


class GymSettings(BaseModel):
    """The defaults of a session, and the limits of a server process. `from_environment` reads the variables."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    environment_identifier: Any = Field(
        default="Multiplication",
        description="What is posed: a problem, a family or `all`; several separated by commas, with weights if wanted "
        '(`Sorting=3,graphs=1`); or JSON, `["Sorting", "Sudoku"]` or `{"Sorting": 3}`.',
    )
    difficulty: Any = Field(default=0, description="A level from 0, or `adaptive`: levels follow the curriculum.")
    answer_markers: Any = Field(
        default=("<answer>", "</answer>"), description="The texts around the answer, as a JSON list of two."
    )
    seed: Any = Field(default=0, description="Seed of the first problem of a session; grows by one with each reset.")
    arguments: Any = Field(
        default_factory=dict,
        description='Overridden arguments of problems, as JSON: `{"Sorting": {"rewarding_beta": 5.0}}`.',
    )
    workers: int | None = Field(
        default=None,
        ge=1,
        description="Worker processes that generate, and as many that judge. Default: one per core.",
    )
    worker_memory_mb: int = Field(
        default=4096,
        ge=0,
        description="What a worker process may allocate, in MiB (Linux); one that wants more fails its problem or "
        "verdict. 0 for no limit.",
    )
    generation_timeout_s: float = Field(
        default=batch.GENERATION_TIMEOUT_S,
        gt=0,
        allow_inf_nan=False,
        description="Limit of generating one problem, in seconds.",
    )
    verification_timeout_s: float = Field(
        default=batch.VERIFICATION_TIMEOUT_S,
        gt=0,
        allow_inf_nan=False,
        description="Limit of judging one output, in seconds.",
    )
    max_batch_outputs: int = Field(
        default=10_000, ge=1, description="Outputs that one request to `POST /verify_batch` may hold."
    )
    curriculum: str | None = Field(
        default=None,
        min_length=1,
        description="File of the curriculum's state (SQLite), kept over restarts and shared by the processes of "
        "`--workers`. Default: in memory, of one process.",
    )
    curriculum_initial_difficulty: int = Field(default=0, ge=0, description="Upper level of a problem at the start.")
    curriculum_window_size: int = Field(
        default=4, ge=1, description="How many levels are drawn from: the upper one and those below it."
    )
    curriculum_accuracy_threshold: float = Field(
        default=0.9, ge=0, le=1, description="Accuracy at the upper level that raises it by one."
    )
    curriculum_minimum_prompts: int = Field(
        default=8, ge=1, description="Prompts at the upper level whose results are waited for before a look."
    )
    curriculum_group_size: int = Field(default=8, ge=1, description="Rollouts that the trainer makes of a prompt.")

    @field_validator("seed")
    @classmethod
    def _check_seed(cls, seed: Any) -> int:
        return checked_seed(seed)

    @field_validator("environment_identifier", "difficulty", "answer_markers", "arguments")
    @classmethod
    def _check_configuration(cls, value: Any, field: ValidationInfo) -> Any:
        Configuration.of(**{str(field.field_name): value})
        return value

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> "GymSettings":
        """Settings from the variables.

        Raises:
            ConfigurationError: naming the variable that is wrong.
        """
        environ = os.environ if environ is None else environ
        values: dict[str, Any] = {}
        for name in cls.model_fields:
            text = environ.get(ENV_PREFIX + name.upper(), "").strip()
            if text:
                values[name] = _READERS.get(name, str)(text)
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            problem = error.errors()[0]
            reason = problem["msg"].removeprefix("Value error, ")
            if problem["type"] != "value_error":
                reason += f" (got {problem['input']!r})"
            raise ConfigurationError(f"{ENV_PREFIX}{str(problem['loc'][0]).upper()}: {reason}") from None

    def configuration(self) -> Configuration:
        """How a session's episodes are made where its arguments do not say otherwise."""
        return Configuration.of(self.environment_identifier, self.difficulty, self.answer_markers, self.arguments)

    def open_curriculum(self, problems: Iterable[str] = ()) -> Curriculum:
        """The curriculum of these settings; `problems` are listed in it from the start.

        Raises:
            CurriculumStoreError: if its file cannot be used.
        """
        return Curriculum(
            self.curriculum,
            problems=problems,
            initial_difficulty=self.curriculum_initial_difficulty,
            window_size=self.curriculum_window_size,
            accuracy_threshold=self.curriculum_accuracy_threshold,
            minimum_prompts=self.curriculum_minimum_prompts,
            group_size=self.curriculum_group_size,
        )


def _json_or_text(text: str) -> Any:
    return _json(text) if text[0] in "[{" else text


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text  # refused below, under its own name


def _level(text: str) -> Any:
    return text if text == ADAPTIVE else _integer(text)


def _integer(text: str) -> Any:
    return int(text) if text.isascii() and text.isdigit() else text


_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "environment_identifier": _json_or_text,
    "difficulty": _level,
    "answer_markers": _json,
    "seed": _integer,
    "arguments": _json,
}
