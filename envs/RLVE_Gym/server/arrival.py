"""Waiting on the event loop for what worker processes do."""

import asyncio
from concurrent.futures import Future
from typing import Any


async def arrival(future: "Future[Any]") -> None:
    """Wait until the future is done, however it ends.

    Cancelling the wait leaves the future alone: others may wait for it, too.
    """
    loop = asyncio.get_running_loop()
    arrived: asyncio.Future[None] = loop.create_future()

    def tell(_: object) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(_set_done, arrived)

    future.add_done_callback(tell)
    await arrived


def _set_done(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
