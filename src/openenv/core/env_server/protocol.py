"""The messages of ``/ws``: one request in, one reply out. Knows sessions, knows no socket."""

import dataclasses
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from ..wire import decode, encode
from .exceptions import InvalidResultError
from .failures import Failure, InvalidMessageError, NotAvailableError, failure_for
from .mcp_rpc import JsonRpcHandler
from .mcp_types import WSMCPMessage
from .serialization import action_class_for, takes_mcp_actions
from .session import Session
from .types import ResetRequest, ServerMode, StepRequest, TimeoutSeconds, WSErrorCode

ModelT = TypeVar("ModelT", bound=BaseModel)

_TIMEOUT: Final = TypeAdapter(TimeoutSeconds)
_KEYS: Final = {
    "reset": frozenset({"type", "data", "timeout_s"}),
    "step": frozenset({"type", "data", "timeout_s", "kwargs"}),
    "state": frozenset({"type"}),
    "close": frozenset({"type"}),
    "mcp": frozenset({"type", "data"}),
}


class SessionProtocol:
    """Answers the messages of one session."""

    def __init__(self, session: Session, rpc: JsonRpcHandler) -> None:
        self.session = session
        self._rpc = rpc
        self._action_cls: type[BaseModel] = session.spec.action_cls
        self._validate_action = session.spec.action_cls.__pydantic_validator__.validate_python
        self._plain_actions = not takes_mcp_actions(self._action_cls)
        self._production = session.spec.mode is ServerMode.PRODUCTION
        self._limited = session.settings.max_messages_per_second is not None

    def answer_now(self, frame: str | bytes) -> str | None:
        """The reply to a cheap step, or None where :meth:`answer` is needed. Never raises."""
        session = self.session
        if self._limited or self._production or not session.can_step_now():
            return None
        try:
            message = decode(frame)
            if type(message) is not dict or message.get("type") != "step" or len(message) != 2:
                return None
            data = message["data"]
            if type(data) is not dict:
                return None
        except (ValueError, KeyError):
            return None
        session.received += 1
        try:
            try:
                if self._plain_actions:
                    action = self._validate_action(data)
                else:
                    action = action_class_for(data, self._action_cls).model_validate(data)
            except ValidationError as error:
                raise InvalidMessageError.of(error) from None
            reply = encode({"type": "observation", "data": session.step_now(action, None, None)}).decode()
        except Exception as error:
            reply = encode(failure_for(error).frame()).decode()
        return self._keep(reply)

    def answer(self, frame: str | bytes) -> Coroutine[Any, Any, str]:
        """The reply to any message but ``close``; received from now on, whenever it is awaited. Never raises."""
        self.session.received += 1
        return self._reply(frame)

    async def _reply(self, frame: str | bytes) -> str:
        try:
            self.session.rate_limit.spend()
            reply = encode(await self._answer(_parse(frame))).decode()
        except Exception as error:
            failure = error.failure if isinstance(error, _MalformedError) else failure_for(error)
            reply = encode(failure.frame()).decode()
        return self._keep(reply)

    def _keep(self, reply: str) -> str:
        self.session.last_reply = reply if len(reply) <= self.session.settings.max_kept_reply_bytes else None
        return reply

    async def _answer(self, message: dict[str, Any]) -> dict[str, Any]:
        kind = message["type"]
        if kind == "mcp":
            payload = validated(WSMCPMessage, message).data
            return {"type": "mcp", "data": await self._rpc.answer(payload, self.session)}
        if self._production:
            raise NotAvailableError(kind)
        timeout_s = _timeout(message)
        if kind == "state":
            return {"type": "state", "data": dump_state(await self.session.state())}
        if kind == "reset":
            arguments, own_timeout_s = arguments_of(validated(ResetRequest, message.get("data", {})))
            data = await self.session.reset(arguments, own_timeout_s if timeout_s is None else timeout_s)
        else:
            action = parse_action(_object(message, "data"), self._action_cls)
            arguments = {}
            if message.get("kwargs") is not None:
                fields = {**_object(message, "kwargs"), "action": {}}
                arguments, own_timeout_s = arguments_of(validated(StepRequest, fields, "kwargs"))
                timeout_s = own_timeout_s if timeout_s is None else timeout_s
            data = await self.session.step(action, arguments, timeout_s)
        return {"type": "observation", "data": data}


class _MalformedError(Exception):
    """A frame that is not even a message."""

    def __init__(self, code: WSErrorCode, message: str) -> None:
        self.failure = Failure(code, message, 400)


def _parse(frame: str | bytes) -> dict[str, Any]:
    if isinstance(frame, bytes):
        raise InvalidMessageError.because("messages are text frames, not binary ones", kind="string_type")
    try:
        message = decode(frame)
    except ValueError as error:
        raise _MalformedError(WSErrorCode.INVALID_JSON, f"Invalid JSON: {error}") from None
    if not isinstance(message, dict):
        raise InvalidMessageError.because("a message is a JSON object with a 'type'", kind="dict_type")
    kind = message.get("type")
    allowed = _KEYS.get(kind) if isinstance(kind, str) else None
    if allowed is None:
        raise _MalformedError(WSErrorCode.UNKNOWN_TYPE, f"Unknown message type: {kind}")
    extra = [key for key in message if key not in allowed]
    if extra:
        errors = [{"type": "extra_forbidden", "loc": [key], "msg": "Extra inputs are not permitted"} for key in extra]
        raise InvalidMessageError(errors)
    return message


def is_close(frame: str | bytes) -> bool:
    """Whether ``frame`` is a ``close`` message."""
    if isinstance(frame, bytes) or len(frame) > 256 or "close" not in frame:
        return False
    try:
        return bool(decode(frame) == {"type": "close"})
    except ValueError:
        return False


def validated(model: type[ModelT], data: Any, *within: str) -> ModelT:
    """``data`` as ``model``.

    Raises:
        InvalidMessageError: if it does not fit; its errors tell of places in what the message holds at ``within``.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise InvalidMessageError.of(error, within) from None


def _object(message: dict[str, Any], key: str) -> dict[str, Any]:
    if key not in message:
        raise InvalidMessageError.because("Field required", (key,), "missing")
    value = message[key]
    if not isinstance(value, dict):
        raise InvalidMessageError.because("Input should be a valid dictionary", (key,), "dict_type")
    return value


def _timeout(message: dict[str, Any]) -> float | None:
    value = message.get("timeout_s")
    if value is None:
        return None
    try:
        return _TIMEOUT.validate_python(value)
    except ValidationError as error:
        raise InvalidMessageError.of(error, ("timeout_s",)) from None


def arguments_of(request: ResetRequest | StepRequest) -> tuple[dict[str, Any], float | None]:
    """What the client sent for the environment, and the deadline among it."""
    sent = {name: getattr(request, name) for name in type(request).model_fields if name in request.model_fields_set}
    sent.pop("action", None)
    return {**sent, **(request.model_extra or {})}, request.timeout_s


def parse_action(data: dict[str, Any], action_cls: type[BaseModel]) -> BaseModel:
    """The action in ``data``.

    Raises:
        InvalidMessageError: if it does not fit.
    """
    try:
        return action_class_for(data, action_cls).model_validate(data)
    except ValidationError as error:
        raise InvalidMessageError.of(error) from None


def dump_state(state: Any) -> dict[str, Any]:
    """The plain data of a state, whether the environment keeps a model or something else.

    Raises:
        InvalidResultError: if ``state`` holds no fields.
    """
    if isinstance(state, BaseModel):
        return state.model_dump()
    if isinstance(state, dict):
        return state
    if dataclasses.is_dataclass(state) and not isinstance(state, type):
        return dataclasses.asdict(state)
    raise InvalidResultError(f"the environment's state is {type(state).__name__}, not a State")
