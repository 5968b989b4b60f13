"""A client for any environment: actions, observations and states are plain dicts."""

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

from .client_types import StepResult
from .env_client import EnvClient


class GenericAction(dict[str, Any]):
    """An action of any environment: ``GenericAction(code="x")``."""

    def __init__(self, /, **fields: Any) -> None:
        super().__init__(fields)

    def __repr__(self) -> str:
        return f"GenericAction({', '.join(f'{name}={value!r}' for name, value in self.items())})"


class GenericEnvClient(EnvClient[Any, dict[str, Any], dict[str, Any]]):
    """Plays any environment without its package.

    Actions are mappings, pydantic models, dataclasses, or objects whose attributes are the fields; observations and
    states are dicts.
    """

    def _step_payload(self, action: Any) -> dict[str, Any]:
        if isinstance(action, Mapping):
            return dict(action)
        dump = getattr(action, "model_dump", None)
        if dump is not None:
            return dict(dump())
        if is_dataclass(action) and not isinstance(action, type):
            return asdict(action)
        fields = getattr(action, "__dict__", None)
        if fields is None or isinstance(action, type):
            raise TypeError(f"an action is a dict or an object with fields, not {action!r}")
        return {name: value for name, value in fields.items() if not name.startswith("_")}

    def _parse_result(self, payload: dict[str, Any]) -> StepResult[dict[str, Any]]:
        return StepResult(
            observation=payload.get("observation", {}),
            reward=payload.get("reward"),
            done=bool(payload.get("done", False)),
            metadata=payload.get("metadata"),
        )

    def _parse_state(self, payload: dict[str, Any]) -> dict[str, Any]:
        return payload


__all__ = ["GenericAction", "GenericEnvClient"]
