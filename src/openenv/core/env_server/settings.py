"""What a host can set: limits, deadlines, access. Arguments of ``create_app`` win over ``OPENENV_*`` variables."""

import os
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from ..errors import OpenEnvError

ENV_PREFIX: Final = "OPENENV_"

Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class SettingsError(OpenEnvError, ValueError):
    """A setting has a value it cannot have."""


def max_concurrent_envs(environ: Mapping[str, str] | None = None) -> int | None:
    """The bound of sessions in ``MAX_CONCURRENT_ENVS``, by which the hosts of an environment package set it.

    Returns:
        What to hand to ``create_app``; None, if the variable is not set, leaves it to the server's settings.

    Raises:
        SettingsError: if the variable holds no whole number.
    """
    value = (os.environ if environ is None else environ).get("MAX_CONCURRENT_ENVS", "")
    if not value:
        return None
    try:
        return int(value)
    except ValueError:
        raise SettingsError(f"MAX_CONCURRENT_ENVS must be a whole number, not {value!r}") from None


def _split(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


class ServerSettings(BaseModel):
    """Settings of one server process. The table in ``docs/settings.md`` is made from these descriptions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_sessions: int | None = Field(
        default=None,
        ge=1,
        description="Sessions at once, whatever route they come by. Default: 1024 for environments that declare "
        "SUPPORTS_CONCURRENT_SESSIONS, else 1.",
    )
    session_idle_timeout_s: Seconds | None = Field(
        default=None,
        description="Idle seconds after which a session ends although its socket is alive. Default: never.",
    )
    session_grace_s: float = Field(
        default=60.0,
        ge=0,
        allow_inf_nan=False,
        description="Seconds a session waits for its client after its socket broke. 0 ends it at once.",
    )
    http_session_idle_timeout_s: Seconds = Field(
        default=600.0,
        description="Idle seconds after which a session made over HTTP and without a socket ends.",
    )
    create_timeout_s: Seconds | None = Field(
        default=300.0, description="Deadline of an environment's constructor, in seconds."
    )
    reset_timeout_s: Seconds | None = Field(
        default=300.0, description="Deadline of a reset, in seconds; a call's timeout_s overrides it."
    )
    step_timeout_s: Seconds | None = Field(
        default=300.0, description="Deadline of a step, in seconds; a call's timeout_s overrides it."
    )
    close_timeout_s: Seconds = Field(
        default=10.0, description="Seconds an environment's close may take before it is left behind."
    )
    drain_timeout_s: float = Field(
        default=30.0,
        ge=0,
        allow_inf_nan=False,
        description="Seconds that steps in flight get to finish after SIGTERM.",
    )
    token: SecretStr | None = Field(
        default=None,
        min_length=1,
        description="Bearer token that every request but GET /health must carry. Default: none.",
    )
    allowed_origins: Annotated[list[str], BeforeValidator(_split)] = Field(
        default_factory=list,
        description="Origins besides the server's own whose pages may use /ws, /mcp and /web, separated by commas; "
        "'*' allows every one.",
    )
    max_message_bytes: int = Field(
        default=16 * 1024 * 1024, ge=1, description="Largest WebSocket frame and HTTP body taken, in bytes."
    )
    max_messages_per_second: float | None = Field(
        default=None, gt=0, description="Messages per second of one session, by whatever route. Default: no limit."
    )
    max_sessions_per_address: int | None = Field(
        default=None, ge=1, description="Sessions at once from one client address. Default: no limit."
    )
    require_session_secret: bool = Field(
        default=False,
        description="Refuse calls on HTTP-made sessions that do not carry the session's secret.",
    )
    max_kept_reply_bytes: int = Field(
        default=1024 * 1024,
        ge=0,
        description="Largest reply kept for a client that reattaches, in bytes; a larger one is lost with its socket.",
    )
    freeze_heap: bool = Field(
        default=True,
        description="Keep Python's garbage collector out of what is loaded before the first session; it would stop all "
        "sessions to walk through it.",
    )

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None, **overrides: Any) -> "ServerSettings":
        """Settings from ``OPENENV_<NAME>`` variables; ``overrides`` that are not None win.

        Raises:
            SettingsError: naming the variable or argument that is wrong.
        """
        environ = os.environ if environ is None else environ
        values: dict[str, Any] = {
            name: environ[ENV_PREFIX + name.upper()]
            for name in cls.model_fields
            if environ.get(ENV_PREFIX + name.upper(), "") != ""
        }
        values.update({name: value for name, value in overrides.items() if value is not None})
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            problem = error.errors()[0]
            name = str(problem["loc"][0])
            where = name if name in overrides and overrides[name] is not None else ENV_PREFIX + name.upper()
            raise SettingsError(f"{where}: {problem['msg']} (got {problem['input']!r})") from None
