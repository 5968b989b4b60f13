"""Errors among the messages of a server."""

from typing import Any

from ..errors import EnvConnectionError, InvalidRequestError, ServerError, error_for_code
from ..wire import decode
from .link import LinkLoss


def looks_like_error(message: bytes) -> bool:
    """Whether a message is an error, judged by its first bytes: servers write the type first."""
    return message.startswith((b'{"type":"error"', b'{"type": "error"'))


def error_in(message: Any) -> ServerError | None:
    """The error that a message carries, if it is one."""
    if isinstance(message, bytes):
        if not looks_like_error(message):
            return None
        try:
            message = decode(message)
        except ValueError:
            return None  # found again, and told, where the reply is used
    if not isinstance(message, dict) or message.get("type") != "error" or not isinstance(message.get("data"), dict):
        return None
    data = message["data"]
    return error_for_code(str(data.get("message", "")), str(data.get("code", "UNKNOWN")), data)


def too_big(loss: LinkLoss) -> Exception:
    """The error of a call whose frame or reply was too big for one of the peers."""
    if loss.reply_too_big:
        return EnvConnectionError(f"{loss.reason}; the client's max_message_size_mb is the limit")
    return InvalidRequestError("the message is larger than the server takes", "MESSAGE_TOO_BIG")
