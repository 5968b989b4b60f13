"""The yardstick: what Starlette and orjson alone need to answer the same frames in the same shape."""

from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect


def answer(frame: dict[str, Any]) -> dict[str, Any]:
    """The reply to one frame."""
    if frame["type"] == "reset":
        return {"observation": {"echoed": "ready"}, "reward": 0.0, "done": False}
    return {"observation": {"echoed": frame["data"]["message"]}, "reward": 1.0, "done": False}


async def session(socket: WebSocket) -> None:
    await socket.accept()
    try:
        while True:
            frame = orjson.loads(await socket.receive_text())
            await socket.send_text(orjson.dumps({"type": "observation", "data": answer(frame)}).decode())
    except WebSocketDisconnect:
        return


async def health(request: Request) -> JSONResponse:
    return JSONResponse({"status": "healthy"})


app = Starlette(routes=[WebSocketRoute("/ws", session), Route("/health", health)])
