"""Who is let in: the token, pages of other origins, and what is too much."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from openenv.core.env_server import ServerSettings, create_web_interface_app
from tests.core.server.environments import EchoAction, EchoEnvironment, EchoObservation
from tests.core.server.peers import Refused, eventually
from tests.core.server.processes import Served, Server, Servers, client_of

BEARER = {"Authorization": "Bearer sesame"}


@pytest.fixture
def guarded(serve: Servers) -> Served:
    """A server with a token, whose ``http`` carries it."""
    return serve("web", token="sesame")


@pytest.fixture
def anonymous(guarded: Served) -> Iterator[httpx.Client]:
    with client_of(guarded.url) as client:
        yield client


# The token

ROUTES = [
    ("POST", "/reset"),
    ("POST", "/step"),
    ("GET", "/state"),
    ("GET", "/metadata"),
    ("GET", "/schema"),
    ("GET", "/docs"),
    ("GET", "/redoc"),
    ("GET", "/openapi.json"),
    ("GET", "/list_environments"),
    ("GET", "/my_echo/splits"),
    ("POST", "/my_echo/task"),
    ("POST", "/mcp"),
    ("DELETE", "/mcp"),
    ("GET", "/"),
    ("GET", "/web"),
    ("GET", "/web/"),
    ("GET", "/web/metadata"),
    ("GET", "/nowhere"),
    ("GET", "/health/"),
    ("GET", "/ws"),
]


@pytest.mark.parametrize(
    "authorization", [None, "Bearer wrong", "Bearer", "Basic sesame", "sesame", "Bearer sesame2", "Bearer sésame"]
)
def test_every_route_needs_the_token(anonymous: httpx.Client, authorization: str | None) -> None:
    headers = [] if authorization is None else [(b"Authorization", authorization.encode())]
    for method, path in ROUTES:
        response = anonymous.request(method, path, headers=headers)
        assert response.status_code == 401, path
        assert response.json() == {"detail": "a bearer token is needed: send it as 'Authorization: Bearer <token>'"}
        assert response.headers["WWW-Authenticate"] == "Bearer"


def test_health_needs_none(anonymous: httpx.Client) -> None:
    assert anonymous.get("/health").json() == {"status": "healthy"}


def test_with_the_token_everything_is_there(guarded: Served) -> None:
    for path in ("/metadata", "/schema", "/docs", "/openapi.json", "/state", "/web/", "/web/schema"):
        assert guarded.http.get(path).status_code == 200
    assert guarded.post("/reset").status_code == 200
    assert guarded.http.get("/schema", headers={"Authorization": "bearer  sesame"}).status_code == 200


@pytest.mark.parametrize("path", ["/ws", "/mcp"])
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Cookie": "openenv_token=wrong"}])
def test_sockets_need_it_in_their_handshake(guarded: Served, path: str, headers: dict[str, str]) -> None:
    with pytest.raises(Refused) as refused:
        guarded.peer(path, headers=headers)
    assert refused.value.status == 401
    assert b"a bearer token is needed" in refused.value.body


def test_a_client_brings_it_as_a_header_and_a_page_as_a_cookie_or_a_query(guarded: Served) -> None:
    for headers, query in (
        (BEARER, {}),
        ({"Cookie": "other=1; openenv_token=sesame"}, {}),
        ({}, {"token": "sesame"}),
    ):
        with guarded.peer(headers=headers, **query) as peer:
            assert peer.reset()["type"] == "observation"
    with guarded.peer("/mcp", headers=BEARER) as peer:
        assert "result" in peer.request({"jsonrpc": "2.0", "method": "ping", "id": 1})


def test_only_pages_may_bring_it_as_a_query(anonymous: httpx.Client) -> None:
    assert anonymous.get("/schema?token=sesame").status_code == 401
    assert anonymous.get("/schema", headers={"Cookie": "openenv_token=sesame"}).status_code == 401


def test_the_page_keeps_it_out_of_the_address_bar(anonymous: httpx.Client, guarded: Served) -> None:
    root = guarded.url.removeprefix(str(httpx.URL(guarded.url).copy_with(path="")).rstrip("/"))
    first = anonymous.get("/?token=sesame")
    assert (first.status_code, first.headers["Location"]) == (307, f"{root}/web/?token=sesame")
    second = anonymous.get("/web/?token=sesame")
    assert (second.status_code, second.headers["Location"]) == (303, f"{root}/web/")
    cookie = second.headers["Set-Cookie"]
    assert cookie.startswith("openenv_token=sesame;")
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    # from now on the cookie is enough
    assert anonymous.get("/web/").status_code == 200
    assert anonymous.get("/web/metadata").status_code == 200
    anonymous.cookies.clear()
    assert anonymous.get("/web/").status_code == 401
    assert anonymous.get("/?token=wrong").status_code == 401


def test_tokens_of_any_script(serve: Servers) -> None:
    server = serve("echo", token="sésame-öffne-dich")
    with client_of(server.url) as bare:
        headers = [(b"Authorization", "Bearer sésame-öffne-dich".encode())]
        assert bare.get("/schema", headers=headers).status_code == 200
        assert bare.get("/schema", headers=[(b"Authorization", b"Bearer s\xe9same")]).status_code == 401


# Origins


def own_origin(server: Served) -> str:
    return "/".join(server.url.split("/")[:3])


@pytest.mark.parametrize("path", ["/ws", "/mcp"])
@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1", "", "file://", "nonsense"])
def test_pages_of_other_origins_open_no_socket(serve: Servers, path: str, origin: str) -> None:
    with pytest.raises(Refused) as refused:
        serve("web").peer(path, headers={"Origin": origin})
    assert refused.value.status == 403
    assert b"allowed_origins" in refused.value.body


@pytest.mark.parametrize(("method", "path"), [("GET", "/web/"), ("GET", "/web/metadata"), ("POST", "/mcp")])
def test_pages_of_other_origins_get_no_answer(serve: Servers, method: str, path: str) -> None:
    response = serve("web").http.request(method, path, headers={"Origin": "http://evil.example"})
    assert response.status_code == 403
    assert response.json() == {
        "detail": "pages of another origin may not use this server: see the setting allowed_origins"
    }


def test_pages_of_the_server_s_own_may(serve: Servers) -> None:
    server = serve("web")
    with server.peer(headers={"Origin": own_origin(server)}) as peer:
        assert peer.reset()["type"] == "observation"
    assert server.http.get("/web/", headers={"Origin": own_origin(server).upper()}).status_code == 200


def test_origins_that_are_allowed(serve: Servers) -> None:
    server = serve("web", allowed_origins=["https://friend.example", "http://other.example:8080/"])
    for origin in ("https://friend.example", "https://FRIEND.example", "http://other.example:8080"):
        with server.peer(headers={"Origin": origin}) as peer:
            assert peer.reset()["type"] == "observation"
    for origin in ("http://friend.example", "https://friend.example.evil", "http://other.example"):
        with pytest.raises(Refused):
            server.peer(headers={"Origin": origin})
    with serve("web", allowed_origins=["*"]).peer(headers={"Origin": "http://anybody.example"}) as peer:
        assert peer.reset()["type"] == "observation"


@pytest.mark.parametrize("prefix", ["", "/behind/a/proxy"])
async def test_a_path_put_before_the_app_s_own_changes_nothing(prefix: str) -> None:
    """``scope["path"]`` holds the prefix of a proxy or mount too, which is no part of any rule."""
    settings = ServerSettings(token="sesame")  # type: ignore[arg-type]
    app = create_web_interface_app(EchoEnvironment, EchoAction, EchoObservation, settings=settings)
    transport = httpx.ASGITransport(app=app, root_path=prefix)
    async with httpx.AsyncClient(transport=transport, base_url="http://host") as client:
        assert (await client.get(f"{prefix}/health")).status_code == 200
        assert (await client.get(f"{prefix}/schema")).status_code == 401
        response = await client.get(f"{prefix}/web?token=sesame")
        assert response.headers["Location"] == f"{prefix}/web/?token=sesame"
        evil = {"Origin": "http://evil.example", **BEARER}
        assert (await client.get(f"{prefix}/web/", headers=evil)).status_code == 403


async def test_a_prefix_ends_where_a_name_does() -> None:
    app = create_web_interface_app(EchoEnvironment, EchoAction, EchoObservation)
    transport = httpx.ASGITransport(app=app, root_path="/we")
    async with httpx.AsyncClient(transport=transport, base_url="http://host") as client:
        assert (await client.get("/web/")).status_code == 200
        assert (await client.get("/web/", headers={"Origin": "http://evil.example"})).status_code == 403


# Too much


def test_bodies_that_are_too_large(serve: Servers) -> None:
    server = serve("echo", max_message_bytes=1000)
    fitting = b'{"action": {"message": "' + b"m" * 900 + b'"}}'
    headers = {"Content-Type": "application/json"}
    assert server.http.post("/step", content=fitting, headers=headers).status_code == 200
    assert server.http.post("/step", content=_chunks(fitting), headers=headers).status_code == 200
    large = fitting + b" " * 1000
    for path in ("/step", "/reset", "/mcp"):
        for content in (large, _chunks(large)):
            response = server.http.post(path, content=content, headers=headers)
            assert (response.status_code, response.json()) == (413, {"detail": "bodies must not exceed 1000 bytes"})


def _chunks(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), 100):
        yield content[start : start + 100]


@pytest.mark.parametrize("kind", ["puppet", "cheap"])
def test_frames_that_are_too_large(serve: Servers, kind: str) -> None:
    server = serve(kind, max_message_bytes=1000)
    with server.peer() as peer:
        assert peer.step(value="m" * 900)["type"] == "observation"
        peer.send({"type": "step", "data": {"value": "m" * 1000}})
        closed = peer.until_closed()
        assert (closed.code, closed.reason) == (1009, "messages must not exceed 1000 bytes")
    with server.peer() as peer:
        frame = '{"type":"step","data":{"value":"' + "é" * 400 + '"}}'
        assert peer.request(frame)["type"] == "observation"
        peer.send('{"type":"step","data":{"value":"' + "é" * 490 + '"}}')  # fewer characters than bytes
        assert peer.until_closed().code == 1009
    with server.peer("/mcp") as peer:
        peer.send(b" " * 1001)
        assert peer.until_closed().code == 1009


def test_the_largest_frame_of_the_defaults(serve: Servers) -> None:
    server = serve("puppet", session_grace_s=0)
    with server.peer() as peer:
        assert peer.step(value="m" * (15 * 1024 * 1024))["type"] == "observation"
        peer.send_in_part({"type": "step", "data": {"value": "m" * (17 * 1024 * 1024)}}, 1000)
        assert peer.until_closed().code == 1009
    with server.peer() as peer:
        assert peer.state()["type"] == "state"


def test_messages_per_second(serve: Servers) -> None:
    for kind in ("puppet", "cheap"):
        server = serve(kind, max_messages_per_second=5)
        with server.peer() as peer, server.peer() as other:
            for _ in range(20):
                peer.send({"type": "step", "data": {}})
            replies = [peer.receive() for _ in range(20)]
            refused = [reply["data"] for reply in replies if reply["type"] == "error"]
            assert refused[0] == {
                "message": "More than 5 messages per second: slow down",
                "code": "RATE_LIMITED",
                "retry_after_s": 0.2,
            }
            assert 5 <= 20 - len(refused) < 20
            assert other.step()["type"] == "observation"
            eventually(lambda peer=peer: peer.step()["type"] == "observation")  # type: ignore[misc]


def test_messages_per_second_of_a_session_whatever_route_they_come_by(serve: Servers) -> None:
    server = serve("tools", max_messages_per_second=2)
    ping = {"jsonrpc": "2.0", "method": "ping", "id": 7}
    refusal = {
        "jsonrpc": "2.0",
        "id": 7,
        "error": {
            "code": -32000,
            "message": "More than 2 messages per second: slow down",
            "data": {"retry_after_s": 0.5},
        },
    }
    with server.peer("/mcp") as peer:
        assert refusal in [peer.request(ping) for _ in range(20)]
        eventually(lambda: "result" in peer.request(ping))
    made = server.rpc("openenv/session/create")["result"]
    assert refusal in [server.rpc("tools/list", 7, **made) for _ in range(20)]
    assert "result" in server.rpc("openenv/session/close", **made)
    # a request without a session is nobody's message
    assert all("result" in server.rpc("tools/list") for _ in range(5))


def test_a_new_socket_brings_no_new_allowance(serve: Servers) -> None:
    server = serve("puppet", max_messages_per_second=0.01)
    peer = server.peer()
    assert peer.step()["type"] == "observation"
    peer.abort()
    server.until_lost(peer)
    with server.peer(session_id=peer.session_id, session_secret=peer.secret) as again:
        assert again.step()["data"]["code"] == "RATE_LIMITED"


def test_secrets_are_not_in_reprs() -> None:
    settings: Any = ServerSettings.from_environment({"OPENENV_TOKEN": "sesame"})
    assert "sesame" not in repr(settings)
    assert "sesame" not in str(settings)


def test_a_bound_of_the_variables_is_that_of_the_protocol_too() -> None:
    """uvicorn has a bound of its own, 16 MiB, which a larger setting must raise."""
    with Server("puppet", OPENENV_MAX_MESSAGE_BYTES=str(20 * 1024 * 1024)) as server, server.peer() as peer:
        assert peer.step(value="m" * (18 * 1024 * 1024))["type"] == "observation"
        peer.send_in_part({"type": "step", "data": {"value": "m" * (21 * 1024 * 1024)}}, 1000)
        assert peer.until_closed().code == 1009
