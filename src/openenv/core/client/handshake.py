"""The WebSocket handshake of a client; the ``websockets`` library does the work."""

from collections.abc import Mapping
from typing import Any, Final, cast

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus
from websockets.protocol import State
from websockets.uri import WebSocketURI

from ..errors import error_for_code
from ..wire import decode
from .link import LinkInfo
from .open_socket import OpenError

_MAX_HEAD_BYTES: Final = 65536
_TRANSIENT_STATUSES: Final = frozenset({408, 425, 429, 500, 502, 503, 504})


class Handshake:
    """Asks for a WebSocket and reads the answer.

    Args:
        uri: of the socket.
        headers: sent with the request; they replace those of the same name.
    """

    def __init__(self, uri: WebSocketURI, headers: Mapping[str, str]) -> None:
        self._protocol = ClientProtocol(uri, max_size=None)
        self._headers = headers
        self._head: bytes | None = b""  # of the response so far; None once it is complete

    def request(self) -> bytes:
        """What to send."""
        request = self._protocol.connect()
        for name, value in self._headers.items():
            if name in request.headers:
                del request.headers[name]
            request.headers[name] = value
        self._protocol.send_request(request)
        return b"".join(self._protocol.data_to_send())

    def feed(self, data: bytes) -> tuple[LinkInfo, bytes] | None:
        """Take what the server sent; what it said and what follows the response, once that is complete.

        Raises:
            OpenError: if the server refuses, or does not speak WebSocket.
            ServerError: if it refuses and says why in our words.
        """
        rest = b""
        if self._head is not None:
            data = self._head + data
            end = data.find(b"\r\n\r\n") + 4
            if end < 4 and len(data) <= _MAX_HEAD_BYTES:
                self._head = data
                return None
            self._head = None
            if data.startswith(b"HTTP/1.1 101") and end >= 4:
                data, rest = data[:end], data[end:]
        self._protocol.receive_data(data)
        self._check()
        if self._protocol.state is not State.OPEN:
            return None
        response = cast(Any, self._protocol.events_received()[0])
        return _link_info(response.headers), rest

    def feed_eof(self) -> None:
        """The server has closed the connection, in the middle of its response or to end it.

        Raises:
            OpenError, ServerError: always, as :meth:`feed`.
        """
        if self._head:
            self._protocol.receive_data(self._head)
        if self._head is None or self._head:
            self._protocol.receive_eof()
            self._check()
        raise OpenError("the server closed the connection", transient=True)

    def _check(self) -> None:
        error = self._protocol.handshake_exc
        if error is not None:
            raise _open_failure(error)


def _link_info(headers: Any) -> LinkInfo:
    received = headers.get("X-OpenEnv-Received")
    return LinkInfo(
        version=headers.get("X-OpenEnv-Version"),
        mode=headers.get("X-OpenEnv-Mode"),
        session_id=headers.get("X-OpenEnv-Session-Id"),
        session_secret=headers.get("X-OpenEnv-Session-Secret"),
        received=int(received) if received is not None and received.isdecimal() else None,
    )


def _open_failure(error: Exception) -> Exception:
    """The error for a handshake that was refused or is no handshake."""
    if not isinstance(error, InvalidStatus):
        return OpenError(f"no WebSocket handshake came back: {error}", transient=False)
    response = error.response
    detail, code = "", None
    try:
        body = decode(bytes(response.body or b""))
        detail, code = str(body.get("detail", "")), body.get("code")
    except (ValueError, AttributeError):
        pass  # not our server's words: the status alone must do
    if code is not None:
        return error_for_code(detail, str(code), body)
    status = response.status_code
    reason = f"the server answered HTTP {status}" + (f" ({detail})" if detail else "")
    if status in (401, 403):
        reason += "; a server that asks for a token needs token=... here"
    elif location := response.headers.get("Location"):
        reason += f"; it points to {location}"
    return OpenError(reason, transient=status in _TRANSIENT_STATUSES)
