"""What a host can set for the Reasoning Gym environment: one table of ``REASONING_GYM_*`` variables."""

import os
import sys
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from openenv.core.curriculum import Curriculum
from openenv.core.errors import OpenEnvError

ENV_PREFIX: Final = "REASONING_GYM_"

Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class SettingsError(OpenEnvError, ValueError):
    """A variable has a value it cannot have."""


class GymSettings(BaseModel):
    """The limits of a server process. :meth:`from_environment` reads the variables."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    workers: int | None = Field(
        default=None,
        ge=1,
        description="Worker processes that make questions, and as many more that score. Default: one per core.",
    )
    # Below the minute for which a client waits by default, so that it is told.
    generation_timeout_s: Seconds = Field(default=45.0, description="Limit of making one question, in seconds.")
    scoring_timeout_s: Seconds = Field(default=20.0, description="Limit of scoring one answer, in seconds.")
    memory_limit_mb: int | None = Field(
        default=2048 if sys.platform == "linux" else None,
        ge=64,
        description="What a question or a score may take, in MiB. Linux only.",
    )
    modules: tuple[str, ...] = Field(
        default=(),
        description="Modules that register datasets of your own, in the library's way, separated by commas; worker "
        "processes import them.",
    )
    prepare_ahead: int = Field(
        default=2, ge=0, le=64, description="How many questions are made ahead while the model thinks."
    )
    curriculum: str | None = Field(
        default=None,
        min_length=1,
        description="File of the curriculum's state (SQLite), kept over restarts and shared by the processes of "
        "--workers. Default: in memory, of one process.",
    )
    curriculum_initial_difficulty: int = Field(default=0, ge=0, description="Upper level of a dataset at the start.")
    curriculum_window_size: int = Field(
        default=4, ge=1, description="How many levels are drawn from: the upper one and those below it."
    )
    curriculum_accuracy_threshold: float = Field(
        default=0.9, ge=0, le=1, description="Accuracy at the upper level that raises it by one."
    )
    curriculum_minimum_prompts: int = Field(
        default=8, ge=1, description="Questions at the upper level whose results are waited for before a look."
    )
    curriculum_group_size: int = Field(default=8, ge=1, description="Rollouts that the trainer makes of a question.")

    @field_validator("modules", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> "GymSettings":
        """Settings from the variables.

        Raises:
            SettingsError: naming the variable that is wrong.
        """
        environ = os.environ if environ is None else environ
        values: dict[str, Any] = {
            name: value for name in cls.model_fields if (value := environ.get(ENV_PREFIX + name.upper(), "").strip())
        }
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            problem = error.errors()[0]
            name = str(problem["loc"][0]).upper()
            raise SettingsError(f"{ENV_PREFIX}{name}: {problem['msg']} (got {problem['input']!r})") from None

    def open_curriculum(self) -> Curriculum:
        """The curriculum of these settings.

        Raises:
            CurriculumStoreError: if its file cannot be used.
        """
        return Curriculum(
            self.curriculum,
            initial_difficulty=self.curriculum_initial_difficulty,
            window_size=self.curriculum_window_size,
            accuracy_threshold=self.curriculum_accuracy_threshold,
            minimum_prompts=self.curriculum_minimum_prompts,
            group_size=self.curriculum_group_size,
        )
