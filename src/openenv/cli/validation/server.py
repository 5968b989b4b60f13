"""Checks of a running server: the six criteria of the OpenEnv HTTP profile."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

from .report import Criterion, all_required_pass, summarize

STANDARD_VERSION: Final = "1.0.0"
STANDARD_PROFILE: Final = "openenv-http/1.x"
_MODE_ROUTES: Final = ("/reset", "/step", "/state")


@dataclass(frozen=True)
class _Reply:
    """What one route answered. ``body`` is None where it was no JSON; ``error`` says why there is no answer."""

    status: int | None = None
    body: Any = None
    error: str | None = None

    @property
    def actual(self) -> dict[str, Any]:
        return {"error": self.error} if self.error is not None else {"status_code": self.status}

    def field(self, name: str) -> Any:
        return self.body.get(name) if isinstance(self.body, dict) else None

    def explain(self, otherwise: str) -> str:
        """Why this reply is not what was expected; ``otherwise`` where it did come with status 200."""
        if self.error is not None:
            return self.error
        if self.status != 200:
            hint = " (set --token)" if self.status in (401, 403) else ""
            return f"answered with status {self.status}{hint}"
        return "the answer is no JSON object" if not isinstance(self.body, dict) else otherwise


@dataclass(frozen=True)
class ServerReport:
    """What a running server answered. ``mode`` is ``simulation``, ``production`` or ``unknown``."""

    target: str
    mode: str
    criteria: list[Criterion]

    @property
    def passed(self) -> bool:
        return all_required_pass(self.criteria)

    def as_dict(self) -> dict[str, Any]:
        return {
            "target": self.target,
            "validation_type": "running_environment",
            "standard_version": STANDARD_VERSION,
            "standard_profile": STANDARD_PROFILE,
            "mode": self.mode,
            "passed": self.passed,
            "summary": summarize(self.criteria),
            "criteria": [criterion.as_dict() for criterion in self.criteria],
        }


def validate_server(url: str, *, timeout_s: float = 5.0, token: str | None = None) -> ServerReport:
    """Ask the server at ``url`` for what every OpenEnv server offers.

    Args:
        timeout_s: how long each of the five requests may take, in seconds.
        token: bearer token of the server, if it wants one.
    """
    base = (url if "://" in url else f"http://{url}").rstrip("/")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with httpx.Client(timeout=timeout_s, headers=headers, trust_env=not _is_local(base)) as client:
        openapi = _ask(client, "GET", f"{base}/openapi.json")
        criteria = [
            _openapi(openapi),
            _health(_ask(client, "GET", f"{base}/health")),
            _metadata(_ask(client, "GET", f"{base}/metadata")),
            _schema(_ask(client, "GET", f"{base}/schema")),
            _mcp(_ask(client, "POST", f"{base}/mcp")),
        ]
    mode, consistency = _mode(openapi)
    return ServerReport(base, mode, [*criteria, consistency])


def _is_local(url: str) -> bool:
    """Whether a proxy would only be in the way."""
    try:
        return httpx.URL(url).host in ("localhost", "127.0.0.1", "::1")
    except httpx.InvalidURL:
        return False


def _ask(client: httpx.Client, method: str, url: str) -> _Reply:
    try:
        response = client.request(method, url, json={} if method == "POST" else None)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return _Reply(error=f"{method} {url} failed: {error or type(error).__name__}")
    try:
        return _Reply(response.status_code, response.json())
    except ValueError:
        return _Reply(response.status_code)


def _criterion(
    id: str, description: str, reply: _Reply, passed: bool, expected: dict[str, Any], found: dict[str, Any]
) -> Criterion:
    wanted = ", ".join(f"{name} {value}" for name, value in expected.items() if name != "status_code")
    return Criterion(
        id=id,
        description=description,
        passed=passed,
        expected=expected,
        actual={**reply.actual, **found} if reply.status is not None else reply.actual,
        details=None if passed else reply.explain(f"expected {wanted}"),
    )


def _openapi(reply: _Reply) -> Criterion:
    info = reply.field("info")
    version = info.get("version") if isinstance(info, dict) else None
    return _criterion(
        "openapi_version_available",
        "GET /openapi.json states the version of the API",
        reply,
        reply.status == 200 and isinstance(version, str),
        {"status_code": 200, "info.version": "string"},
        {"info.version": version},
    )


def _health(reply: _Reply) -> Criterion:
    status = reply.field("status")
    return _criterion(
        "health_endpoint",
        "GET /health says that the server is healthy",
        reply,
        reply.status == 200 and status == "healthy",
        {"status_code": 200, "status": "healthy"},
        {"status": status},
    )


def _metadata(reply: _Reply) -> Criterion:
    types = {"name": str, "description": str}
    return _fields("metadata_endpoint", "GET /metadata names and describes the environment", reply, types)


def _schema(reply: _Reply) -> Criterion:
    types = {"action": dict, "observation": dict, "state": dict}
    return _fields("schema_endpoint", "GET /schema gives the schemas of action, observation and state", reply, types)


def _fields(id: str, description: str, reply: _Reply, types: Mapping[str, type]) -> Criterion:
    names: dict[type, str] = {str: "string", dict: "object"}
    return _criterion(
        id,
        description,
        reply,
        reply.status == 200 and all(isinstance(reply.field(name), kind) for name, kind in types.items()),
        {"status_code": 200, **{name: names[kind] for name, kind in types.items()}},
        {name: names.get(type(reply.field(name)), type(reply.field(name)).__name__) for name in types},
    )


def _mcp(reply: _Reply) -> Criterion:
    version = reply.field("jsonrpc")
    return _criterion(
        "mcp_endpoint",
        "POST /mcp speaks JSON-RPC 2.0",
        reply,
        reply.status == 200 and version == "2.0",
        {"status_code": 200, "jsonrpc": "2.0"},
        {"jsonrpc": version},
    )


def _mode(openapi: _Reply) -> tuple[str, Criterion]:
    """The server's mode by its routes, and whether these agree with one another."""
    paths = openapi.field("paths")
    known = isinstance(paths, dict)
    present = {route: known and route in paths for route in _MODE_ROUTES}
    mode = "unknown" if not known else "simulation" if present["/reset"] else "production"
    expected = dict.fromkeys(_MODE_ROUTES, mode == "simulation")
    passed = known and present == expected
    details = None
    if not known:
        details = openapi.explain("the document lists no paths")
    elif not passed:
        wrong = [route for route in _MODE_ROUTES if present[route] != expected[route]]
        details = f"{mode} mode must{'' if mode == 'simulation' else ' not'} offer {', '.join(wrong)}"
    return mode, Criterion(
        id="mode_endpoint_consistency",
        description="The routes /reset, /step and /state are either all there or all absent",
        passed=passed,
        expected=expected if known else {"paths": "object"},
        actual=present if known else openapi.actual,
        details=details,
    )
