"""Between models and the plain data of a message."""

import json
import math
from typing import Any, TypeVar

from pydantic import BaseModel

from .exceptions import InvalidResultError
from .mcp_types import CallToolAction, ListToolsAction, is_timeout
from .types import Action, Observation

ActT = TypeVar("ActT", bound=BaseModel)

_MCP_ACTIONS: dict[Any, type[Action]] = {"call_tool": CallToolAction, "list_tools": ListToolsAction}
_MCP_CAPABLE = frozenset({Action, CallToolAction, ListToolsAction})


def checked_reward(reward: Any) -> bool | int | float | None:
    """``reward`` if it is a finite number or None.

    Raises:
        InvalidResultError: for NaN, infinities and whatever is no number.
    """
    if reward is None or isinstance(reward, int):
        return reward
    try:
        value = reward if type(reward) is float else float(reward)
    except (TypeError, ValueError, OverflowError):
        raise InvalidResultError(f"reward is no number but {type(reward).__name__}") from None
    if not math.isfinite(value):
        raise InvalidResultError(f"reward is {value}, not a finite number")
    return value


def serialize_observation(observation: Observation) -> dict[str, Any]:
    """The ``data`` of an observation message: ``{"observation", "reward", "done"[, "metadata"]}``.

    ``reward`` and ``done`` move out of the observation; ``metadata`` is repeated where it is not empty. A tool call
    that passed its deadline has no reward, whatever the environment makes of it.

    Raises:
        InvalidResultError: if ``observation`` is no Observation, or its reward is NaN, infinite or no number.
    """
    if not isinstance(observation, Observation):
        raise InvalidResultError(
            f"the environment returned {type(observation).__name__}, not an Observation: "
            "return an instance of its observation class"
        )
    cls = type(observation)
    if cls.model_dump is BaseModel.model_dump:  # the same without the detour over its many options
        fields = cls.__pydantic_serializer__.to_python(observation)
    else:
        fields = observation.model_dump()
    reward = checked_reward(fields.pop("reward", None))
    if is_timeout(observation):
        reward = None
    data: dict[str, Any] = {
        "observation": fields,
        "reward": reward,
        "done": fields.pop("done", False),
    }
    metadata = fields.get("metadata")
    if metadata:
        data["metadata"] = metadata
    return data


def takes_mcp_actions(action_cls: type[BaseModel]) -> bool:
    """Whether an environment with this action class takes the MCP actions too."""
    return action_cls in _MCP_CAPABLE


def action_class_for(data: Any, action_cls: type[ActT]) -> type[ActT] | type[Action]:
    """The model that ``data`` must fit: an MCP action where the environment takes those, else ``action_cls``."""
    if takes_mcp_actions(action_cls) and isinstance(data, dict):
        return _MCP_ACTIONS.get(data.get("type"), action_cls)
    return action_cls


def deserialize_action(data: dict[str, Any], action_cls: type[ActT]) -> ActT | Action:
    """The action in ``data``.

    Raises:
        pydantic.ValidationError: if ``data`` does not fit.
    """
    return action_class_for(data, action_cls).model_validate(data)


def deserialize_action_with_preprocessing(data: dict[str, Any], action_cls: type[ActT]) -> ActT | Action:
    """As :func:`deserialize_action`, for data from a form, where some fields come as text.

    A ``call_tool`` action's ``arguments`` may be JSON text, ``tokens`` a list or JSON text (a ``torch.long`` tensor
    where torch is installed), ``action_id`` digits.
    """
    prepared = dict(data)
    if prepared.get("type") == "call_tool" and isinstance(prepared.get("arguments"), str):
        prepared["arguments"] = json.loads(prepared["arguments"] or "{}")
    if "tokens" in prepared:
        tokens = prepared["tokens"]
        prepared["tokens"] = _as_tensor(json.loads(tokens) if isinstance(tokens, str) else tokens)
    if isinstance(prepared.get("action_id"), str):
        prepared["action_id"] = int(prepared["action_id"])
    return deserialize_action(prepared, action_cls)


def _as_tensor(tokens: Any) -> Any:
    try:
        import torch  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return tokens
    return torch.tensor(tokens, dtype=torch.long)
