"""The load generator measures what it says, and is not fooled. Needs no public package."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import ServerConnection, serve

from benchmarks.exchange import WrongReplyError, check
from benchmarks.load import burst, percentiles, steady
from benchmarks.peer_env import ROOT
from benchmarks.serving import ServerStartError, serving
from benchmarks.table import LINES, findings
from benchmarks.topics import TOPICS, Samples
from benchmarks.websocket import PING, TEXT, WebSocketClient, client_frame


class Recorder(WebSocketClient):
    """Keeps what comes."""

    def __init__(self, port: int) -> None:
        super().__init__(f"127.0.0.1:{port}", "/")
        self.messages: asyncio.Queue[bytes] = asyncio.Queue()
        self.opened = asyncio.Event()
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def on_open(self) -> None:
        self.opened.set()

    def on_message(self, payload: bytes) -> None:
        self.messages.put_nowait(payload)

    def on_end(self, reason: str) -> None:
        self.ended.set_result(reason)


@asynccontextmanager
async def echoing() -> AsyncIterator[int]:
    """A server of the library ``websockets``; each echo comes as a ping, then three fragments."""

    async def echo(connection: ServerConnection) -> None:
        async for message in connection:
            if message == "bye":
                await connection.close(4001)
                return
            assert isinstance(message, str)
            await (await connection.ping())  # returns when the pong is there
            third = len(message) // 3 + 1
            await connection.send([message[start : start + third] for start in range(0, len(message), third)])

    async with serve(echo, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


async def connected(port: int) -> Recorder:
    _, client = await asyncio.get_running_loop().create_connection(lambda: Recorder(port), "127.0.0.1", port)
    async with asyncio.timeout(30):
        await client.opened.wait()
    return client


@pytest.mark.parametrize("size", [4, 125, 126, 70_000])
async def test_messages_of_every_length_come_back_whole(size: int) -> None:
    async with echoing() as port, asyncio.timeout(30):
        client = await connected(port)
        for number in range(3):
            message = f"{number}" * size
            client.transport.write(client_frame(message.encode(), TEXT))
            assert (await client.messages.get()).decode() == message
        client.close()


async def test_the_end_of_a_connection_is_told_with_its_code() -> None:
    async with echoing() as port, asyncio.timeout(30):
        client = await connected(port)
        client.transport.write(client_frame(b"bye"))
        assert await client.ended == "closed by the server, code 4001"


async def test_a_refused_handshake_is_told() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server, asyncio.timeout(30):
        port = server.sockets[0].getsockname()[1]
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(lambda: Recorder(port), "127.0.0.1", port)
        assert await client.ended == "handshake refused: HTTP/1.1 403 Forbidden"


def test_a_frame_carries_its_opcode_and_is_masked() -> None:
    frame = client_frame(b"abc", PING)
    assert frame[0] == 0x89
    assert frame[1] == 0x83
    assert bytes(byte ^ frame[2 + index % 4] for index, byte in enumerate(frame[6:])) == b"abc"


async def test_steady_and_burst_against_the_yardstick() -> None:
    with serving(sys.executable, "benchmarks.servers.bare:app", ROOT) as server:
        loop = await steady(server.port, "plain", 3, warm_up_s=0.0, duration_s=0.3)
        assert loop["errors"] == {}
        assert loop["steps"] > 0
        assert loop["p50_ms"] <= loop["p99_ms"] <= loop["max_ms"]
        once = await burst(server.port, "plain", 20, steps=5, timeout_s=60)
        assert (once["steps"], once["errors"], once["failed"]) == (100, {}, 0)
        assert server.memory_mib()["pss"] > 0
        assert server.cpu_seconds() > 0
    assert server.stop() is not None  # idempotent


async def test_a_server_that_answers_errors_is_not_fast() -> None:
    with serving(sys.executable, "benchmarks.servers.plain:app", ROOT) as server:
        once = await burst(server.port, "mcp", 4, steps=5, timeout_s=60)
    assert once["failed"] == 4
    assert all("reply is no observation" in error for error in once["errors"])


async def test_a_server_that_is_not_there_fails_every_session() -> None:
    with serving(sys.executable, "benchmarks.servers.bare:app", ROOT) as server:
        port = server.port
    once = await burst(port, "plain", 4, steps=5, timeout_s=60)
    assert (once["failed"], once["steps"]) == (4, 0)


def test_a_server_that_does_not_start_shows_why() -> None:
    with (
        pytest.raises(ServerStartError, match="no_such_module"),
        serving(sys.executable, "no_such_module:app", ROOT),
    ):
        pass


@pytest.mark.parametrize(
    ("kind", "reply"),
    [
        ("plain", b'{"type":"observation","data":{"observation":{"echoed":"other"}}}'),
        ("plain", b'{"type":"error","data":{"message":"x","code":"EXECUTION_ERROR"}}'),
        ("mcp", b'{"type":"observation","data":{"observation":{"result":null,"error":{"message":"x"}}}}'),
    ],
)
def test_a_wrong_reply_is_seen(kind: str, reply: bytes) -> None:
    with pytest.raises(WrongReplyError):
        check("mcp" if kind == "mcp" else "plain", reply, "hi")


def test_right_replies_of_both_packages_pass() -> None:
    check("plain", b'{"type":"observation","data":{"observation":{"echoed":"hi"}}}', "hi")
    check("mcp", b'{"type":"observation","data":{"observation":{"result":"hi"}}}', "hi")
    check("mcp", b'{"type":"observation","data":{"observation":{"result":{"data":"hi","content":[]}}}}', "hi")


def test_percentiles_are_ranks() -> None:
    assert percentiles([]) == {}
    assert percentiles([1_000_000]) == {"p50_ms": 1.0, "p99_ms": 1.0, "max_ms": 1.0}
    hundred = [number * 1_000_000 for number in range(101)]
    assert percentiles(hundred) == {"p50_ms": 50.0, "p99_ms": 99.0, "max_ms": 100.0}


def test_the_table_judges_ratios_of_paired_repetitions() -> None:
    results: dict[str, Samples] = {
        "plain": {
            "ours": [{"steps_per_s": 300.0}, {"steps_per_s": 30.0}, {"steps_per_s": 330.0}],
            "peer": [{"steps_per_s": 100.0}, {"steps_per_s": 10.0}, {"steps_per_s": 100.0}],
            "bare": [{"steps_per_s": 600.0}, {"steps_per_s": 60.0}, {"steps_per_s": 600.0}],
        },
        "burst": {"ours": [{"failed": 0}, {"failed": 2}, {"failed": 0}]},
    }
    judged = {(entry.line.title, entry.line.against): entry for entry in findings(results)}
    echo = judged["plain echo, 64 sessions", "peer"]
    assert (echo.ratio, echo.met) == (3.0, True)
    assert echo.spread == pytest.approx((3.0, 3.3))
    bare = judged["  against bare Starlette + orjson", "bare"]
    assert (bare.ratio, bare.met) == (0.5, False)
    failed = judged["  sessions that met an error", None]
    assert (failed.value, failed.met) == (2, False)


def test_every_line_has_a_topic() -> None:
    assert {line.topic for line in LINES} == set(TOPICS)
