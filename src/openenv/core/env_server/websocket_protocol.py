"""uvicorn's WebSocket protocol, with one thing put right."""

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """Gives up a peer that answers no ping even if there is still something to be sent to it.

    uvicorn closes such a connection, but only once everything is written: never, if a large reply is on its way to a
    machine that is gone. Its session would keep its slot until TCP gives up, a quarter of an hour later.
    """

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        if self.transport.get_write_buffer_size() > 0:
            self.transport.abort()


# Older versions of uvicorn ping from another implementation, which aborts by itself.
WEBSOCKET_PROTOCOL: Any = WebSocketProtocol if hasattr(WebSocketsSansIOProtocol, "keepalive_timeout") else "auto"
