"""What a client takes and refuses, before it talks to anybody."""

from typing import Any

import pytest

from openenv.core.client.retry import RetryPolicy
from openenv.core.env_client import EnvClient
from openenv.core.generic_client import GenericEnvClient
from openenv.core.mcp_client import MCPToolClient
from openenv.core.utils import convert_to_http_url, convert_to_ws_url, hf_space_subdomain, run_async_safely


@pytest.mark.parametrize(
    ("given", "websocket", "http"),
    [
        ("http://localhost:8000", "ws://localhost:8000", "http://localhost:8000"),
        ("https://a.b/prefix/", "wss://a.b/prefix", "https://a.b/prefix"),
        ("ws://h:1", "ws://h:1", "http://h:1"),
        ("WSS://h", "wss://h", "https://h"),
        ("h:80", "ws://h:80", "http://h:80"),
        (" http://[::1]:5 ", "ws://[::1]:5", "http://[::1]:5"),
    ],
)
def test_urls(given: str, websocket: str, http: str) -> None:
    assert convert_to_ws_url(given) == websocket
    assert convert_to_http_url(given) == http


@pytest.mark.parametrize("url", ["", "http://", "ftp://host", "http:///path", "http://a b", "://x", ":8000", 5, b"x"])
def test_wrong_urls(url: Any) -> None:
    with pytest.raises(ValueError, match=r"URL|scheme|host"):
        GenericEnvClient(base_url=url)


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"connect_timeout_s": 0},
        {"connect_timeout_s": None},
        {"connect_timeout_s": True},
        {"connect_timeout_s": float("nan")},
        {"message_timeout_s": -1},
        {"max_message_size_mb": "big"},
        {"websocket_ping_interval_s": 0},
        {"mode": "training"},
        {"mode": 1},
        {"token": ""},
        {"token": "line\nbreak"},
        {"token": "a", "headers": {"authorization": "b"}},
        {"headers": {"X-A": "b\r\nX-C: d"}},
        {"headers": {"X-A": 1}},
        {"provider": object()},
    ],
)
def test_wrong_arguments(arguments: dict[str, Any]) -> None:
    if arguments:
        arguments = {"base_url": "http://localhost:1", **arguments}
    with pytest.raises(ValueError, match=r".+"):
        GenericEnvClient(**arguments)


def test_what_a_client_shows() -> None:
    client = GenericEnvClient(base_url="http://localhost:8000/")
    assert client.base_url == client._base_url == "http://localhost:8000"
    assert client.mode == "simulation"
    for name in ("base_url", "mode"):
        with pytest.raises(AttributeError):
            setattr(client, name, "other")
    client.close()


def test_mode_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENENV_CLIENT_MODE", "Production")
    assert GenericEnvClient(base_url="h").mode == "production"
    assert GenericEnvClient(base_url="h", mode="simulation").mode == "simulation"
    monkeypatch.setenv("OPENENV_CLIENT_MODE", "other")
    with pytest.raises(ValueError, match="OPENENV_CLIENT_MODE"):
        GenericEnvClient(base_url="h")


def test_a_tool_client_has_one_mode() -> None:
    assert MCPToolClient(base_url="h").mode == "production"
    assert MCPToolClient("h", 1.0, 2.0, 3.0, 4.0, None, "production", 5.0, {"X": "y"}).mode == "production"
    with pytest.raises(ValueError, match="production"):
        MCPToolClient(base_url="h", mode="simulation")


def test_an_abstract_client_cannot_be_made() -> None:
    with pytest.raises(TypeError):
        EnvClient(base_url="h")  # type: ignore[abstract]


@pytest.mark.parametrize(
    "arguments",
    [
        {"connect_s": -1},
        {"capacity_s": float("nan")},
        {"first_delay_s": 0},
        {"max_delay_s": 0.01},
        {"jitter": 2},
    ],
)
def test_wrong_retry_policies(arguments: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        RetryPolicy(**arguments)


def test_delays_double_up_to_their_limit() -> None:
    delays = RetryPolicy(first_delay_s=1, max_delay_s=5, jitter=0).delays()
    assert [next(delays) for _ in range(5)] == [1, 2, 4, 5, 5]
    jittered = RetryPolicy(first_delay_s=1, max_delay_s=1, jitter=0.5).delays()
    some = [next(jittered) for _ in range(50)]
    assert all(0.5 <= delay <= 1.5 for delay in some)
    assert len(set(some)) > 1


def test_subdomain_of_a_space() -> None:
    assert hf_space_subdomain("Org/My_Space.v2") == "org-my-space-v2"
    for wrong in ("", "org", "org/", "/x", "a/b/c"):
        with pytest.raises(ValueError, match="owner/space"):
            hf_space_subdomain(wrong)


def test_run_async_safely() -> None:
    async def answer() -> int:
        return 42

    async def inside() -> int:
        return run_async_safely(answer())

    async def fail() -> None:
        raise KeyError("x")

    assert run_async_safely(answer()) == 42
    assert run_async_safely(inside()) == 42
    with pytest.raises(KeyError):
        run_async_safely(fail())
