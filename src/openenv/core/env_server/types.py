"""The data of an environment: actions, observations, state, and the models of the HTTP and WebSocket messages."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Scalar = bool | int | float | str
"""A value of an action or observation that is not a container."""


class ServerMode(StrEnum):
    """What a server offers: everything (simulation), or tools only (production)."""

    SIMULATION = "simulation"
    PRODUCTION = "production"


class HealthStatus(StrEnum):
    """How a server feels."""

    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    DEGRADED = "degraded"


class WSErrorCode(StrEnum):
    """The ``code`` of an error frame, and of an error body over HTTP."""

    INVALID_JSON = "INVALID_JSON"
    UNKNOWN_TYPE = "UNKNOWN_TYPE"
    VALIDATION_ERROR = "VALIDATION_ERROR"
    EXECUTION_ERROR = "EXECUTION_ERROR"
    CAPACITY_REACHED = "CAPACITY_REACHED"
    FACTORY_ERROR = "FACTORY_ERROR"
    SESSION_ERROR = "SESSION_ERROR"
    # Ours, for what the seven above cannot tell apart.
    TIMEOUT = "TIMEOUT"
    RATE_LIMITED = "RATE_LIMITED"
    SHUTTING_DOWN = "SHUTTING_DOWN"
    NOT_AVAILABLE = "NOT_AVAILABLE"
    REPLY_LOST = "REPLY_LOST"


_DATA = ConfigDict(extra="forbid", validate_assignment=True, arbitrary_types_allowed=True)
_STRICT = ConfigDict(extra="forbid")
_OPEN = ConfigDict(extra="allow")


class Action(BaseModel):
    """What an agent does in one step. Subclass it with the fields of your environment."""

    model_config = _DATA

    metadata: dict[str, Any] = Field(default_factory=dict)


class Observation(BaseModel):
    """What an environment shows after a reset or step. Subclass it with the fields of your environment."""

    model_config = _DATA

    done: bool = False
    reward: bool | int | float | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)


class State(BaseModel):
    """Where an episode stands. Further fields are allowed, declared in a subclass or not."""

    model_config = ConfigDict(extra="allow", validate_assignment=True, arbitrary_types_allowed=True)

    episode_id: str | None = None
    step_count: int = Field(default=0, ge=0)


class EnvironmentMetadata(BaseModel):
    """What an environment says about itself at ``/metadata``."""

    model_config = _STRICT

    name: str
    description: str
    readme_content: str | None = None
    version: str | None = None
    author: str | None = None
    documentation_url: str | None = None


class CodeExecResult(BaseModel):
    """The outcome of running a piece of code."""

    model_config = _STRICT

    stdout: str
    stderr: str
    exit_code: int


class ConcurrencyConfig(BaseModel):
    """How many sessions a server runs at once, and after how many idle seconds one expires."""

    model_config = _STRICT

    max_concurrent_envs: int = Field(default=1, ge=1)
    session_timeout: float | None = Field(default=None, gt=0)


class ServerCapacityStatus(BaseModel):
    """How many of a server's sessions are in use."""

    model_config = _STRICT

    active_sessions: int = Field(ge=0)
    max_sessions: int = Field(ge=1)

    @model_validator(mode="after")
    def _within_bounds(self) -> "ServerCapacityStatus":
        if self.active_sessions > self.max_sessions:
            raise ValueError(f"{self.active_sessions} active sessions exceed the maximum of {self.max_sessions}")
        return self

    @classmethod
    def from_counts(cls, active: int, max_sessions: int) -> "ServerCapacityStatus":
        return cls(active_sessions=active, max_sessions=max_sessions)

    @property
    def available_slots(self) -> int:
        return self.max_sessions - self.active_sessions

    @property
    def is_at_capacity(self) -> bool:
        return self.available_slots == 0


class SessionInfo(BaseModel):
    """One live session. Times are Unix seconds."""

    model_config = _STRICT

    session_id: str
    created_at: float
    last_activity_at: float
    step_count: int = Field(default=0, ge=0)
    environment_type: str


# HTTP

EpisodeId = Annotated[str, Field(max_length=255)]
Seed = Annotated[int, Field(ge=0)]
TimeoutSeconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class ResetRequest(BaseModel):
    """Body of ``POST /reset`` and ``data`` of a reset frame; further keys go to the environment's ``reset``."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [{"seed": 42, "episode_id": "e1"}, {}]})

    seed: Seed | None = None
    episode_id: EpisodeId | None = None
    timeout_s: TimeoutSeconds | None = None


class StepRequest(BaseModel):
    """Body of ``POST /step``; everything but ``action`` goes to the environment's ``step`` if it takes it."""

    model_config = _OPEN

    action: dict[str, Any]
    timeout_s: TimeoutSeconds | None = None
    request_id: EpisodeId | None = None


class ResetResponse(BaseModel):
    """Reply to ``POST /reset``."""

    model_config = _STRICT

    observation: dict[str, Any]
    reward: float | None = None
    done: bool = False
    metadata: dict[str, Any] | None = None


class StepResponse(ResetResponse):
    """Reply to ``POST /step``."""


class SchemaResponse(BaseModel):
    """JSON Schemas of the environment's models."""

    model_config = _STRICT

    action: dict[str, Any]
    observation: dict[str, Any]
    state: dict[str, Any]
    reset_observation: dict[str, Any] | None = None


class HealthResponse(BaseModel):
    """Reply to ``GET /health``."""

    model_config = _STRICT

    status: HealthStatus = HealthStatus.HEALTHY


class ErrorResponse(BaseModel):
    """Body of an error that is no validation error: what happened, and its code."""

    model_config = _OPEN

    detail: str
    code: WSErrorCode | None = None


# WebSocket


class WSResetMessage(BaseModel):
    """``reset`` frame. ``timeout_s`` overrides the server's deadline for this call."""

    model_config = _STRICT

    type: Literal["reset"] = "reset"
    data: dict[str, Any] = Field(default_factory=dict)
    timeout_s: TimeoutSeconds | None = None


class WSStepMessage(BaseModel):  # type: ignore[no-redef]
    """``step`` frame: ``data`` is the action; ``kwargs`` are further arguments of the environment's ``step``."""

    model_config = _STRICT

    type: Literal["step"] = "step"
    data: dict[str, Any]
    timeout_s: TimeoutSeconds | None = None
    arguments: dict[str, Any] | None = Field(default=None, alias="kwargs")


class WSStateMessage(BaseModel):
    """``state`` frame."""

    model_config = _STRICT

    type: Literal["state"] = "state"


class WSCloseMessage(BaseModel):
    """``close`` frame: ends the session; the socket closes once everything is freed."""

    model_config = _STRICT

    type: Literal["close"] = "close"


WSIncomingMessage = Annotated[
    WSResetMessage | WSStepMessage | WSStateMessage | WSCloseMessage, Field(discriminator="type")
]
"""Any frame a client may send, besides the ``mcp`` frame (:class:`.mcp_types.WSMCPMessage`)."""


class WSObservationResponse(BaseModel):
    """Reply to ``reset`` and ``step``."""

    model_config = _STRICT

    type: Literal["observation"] = "observation"
    data: dict[str, Any]


class WSStateResponse(BaseModel):
    """Reply to ``state``."""

    model_config = _STRICT

    type: Literal["state"] = "state"
    data: dict[str, Any]


class WSErrorResponse(BaseModel):
    """Error reply: ``data`` holds ``message``, ``code`` and what else the code brings."""

    model_config = _STRICT

    type: Literal["error"] = "error"
    data: dict[str, Any]


# Tasks


class ListTasksRequest(BaseModel):
    """Body of ``POST /{env_name}/tasks``."""

    model_config = _STRICT

    split: str


class NumTasksRequest(ListTasksRequest):
    """Body of ``POST /{env_name}/num_tasks``."""


class GetTaskRequest(ListTasksRequest):
    """Body of ``POST /{env_name}/task``."""

    index: int


class GetTaskRangeRequest(ListTasksRequest):
    """Body of ``POST /{env_name}/task_range``; ``start`` and ``stop`` as in a slice."""

    start: int | None = None
    stop: int | None = None
