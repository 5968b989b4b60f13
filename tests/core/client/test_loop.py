"""All clients of a process share one loop thread, which keeps their connections alive whatever the trainer does."""

import asyncio
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from websockets.sync.server import ServerConnection

from openenv.core.client.loop import CLIENT_LOOP, BackgroundLoop
from openenv.core.generic_client import GenericEnvClient
from tests.core.client.conftest import Server
from tests.core.client.peers import observation, peer, requests, wait_until
from tests.core.client.play_client import PlayClient, say


def loop_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == CLIENT_LOOP]


def test_fifty_clients_share_one_thread(server: Server) -> None:
    clients = [PlayClient(base_url=server.url) for _ in range(50)]

    def play(client: PlayClient) -> list[str]:
        client.reset()
        for turn in range(5):
            client.step(say(str(turn)))
        return list(client.state().log)

    with ThreadPoolExecutor(50) as pool:
        logs = list(pool.map(play, clients))
        assert len(loop_threads()) == 1
    for client in clients:
        client.close()
    assert logs == [["0", "1", "2", "3", "4"]] * 50


def test_pings_of_the_server_are_answered_while_the_trainer_computes() -> None:
    answered = threading.Event()
    go = threading.Event()

    def play(connection: ServerConnection) -> None:
        connection.recv()
        connection.send(observation("ready"))
        go.wait(10)
        if connection.ping().wait(20):
            answered.set()
        for _ in requests(connection):
            connection.send(observation("still here"))

    with peer(play) as server, GenericEnvClient(base_url=server.url) as client:
        client.reset()
        go.set()
        while not answered.is_set():  # busy: this thread gives nothing to any event loop
            sum(range(10_000))
        assert client.step({}).observation["echoed"] == "still here"


async def test_pings_go_out_while_the_trainers_own_loop_is_blocked() -> None:
    pings: list[float] = []

    def play(connection: ServerConnection) -> None:
        received = connection.protocol.recv_frame

        def recv_frame(frame: object) -> None:
            if getattr(frame, "opcode", None) == 9:
                pings.append(time.monotonic())
            received(frame)  # type: ignore[arg-type]

        connection.protocol.recv_frame = recv_frame  # type: ignore[method-assign]
        for _ in requests(connection):
            connection.send(observation("here"))

    with peer(play) as server:
        async with GenericEnvClient(
            base_url=server.url, websocket_ping_interval_s=0.05, websocket_ping_timeout_s=5
        ) as client:
            await client.reset()
            wait_until(lambda: len(pings) > 5)  # blocks this test's event loop
            assert (await client.step({})).observation["echoed"] == "here"


def test_a_busy_trainer_keeps_its_session(server: Server) -> None:
    with PlayClient(base_url=server.url, websocket_ping_interval_s=0.05, websocket_ping_timeout_s=20) as client:
        client.reset()
        session = client._session
        assert session is not None
        link: Any = session._link
        heard = link._chunks
        while link._chunks < heard + 5:  # busy: pongs arrive all the same
            sum(range(10_000))
        assert session._link is link
        client.step(say("on"))
        assert client.state().log == ["on"]


def test_a_ping_during_a_call_does_not_disturb_it() -> None:
    def play(connection: ServerConnection) -> None:
        for _ in requests(connection):
            for _ in range(3):
                assert connection.ping().wait(10)
            connection.send(observation("after the pings"))

    with peer(play) as server, GenericEnvClient(base_url=server.url) as client:
        for _ in range(3):
            assert client.reset().observation["echoed"] == "after the pings"


def test_many_sessions_at_once(server: Server) -> None:
    import asyncio

    async def play(number: int) -> list[str]:
        async with PlayClient(base_url=server.url) as client:
            await client.reset()
            for turn in range(3):
                await client.step(say(f"{number}.{turn}"))
            return (await client.state()).log

    async def main() -> list[list[str]]:
        return await asyncio.gather(*(play(number) for number in range(200)))

    assert asyncio.run(main()) == [[f"{n}.{t}" for t in range(3)] for n in range(200)]


def test_descriptors_do_not_pile_up(server: Server) -> None:
    def count() -> int:
        return len(os.listdir("/proc/self/fd"))

    with PlayClient(base_url=server.url) as client:
        client.reset()
    before = count()
    for _ in range(20):
        with PlayClient(base_url=server.url) as client:
            client.reset()
    wait_until(lambda: count() <= before)


def test_what_is_still_at_work_when_a_loop_ends_is_cancelled() -> None:
    background = BackgroundLoop("ends")
    cleaned_up = threading.Event()

    async def work() -> None:
        try:
            await asyncio.sleep(600)
        finally:
            cleaned_up.set()

    future = background.spawn(work())
    background.stop()
    assert background.loop.is_closed()
    assert cleaned_up.is_set()
    assert future.cancelled()
