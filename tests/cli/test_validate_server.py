"""``openenv validate`` on a running server."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from openenv.cli.__main__ import app
from tests.cli.processes import OPENENV, Server, openenv, serving

CRITERIA = [
    "openapi_version_available",
    "health_endpoint",
    "metadata_endpoint",
    "schema_endpoint",
    "mcp_endpoint",
    "mode_endpoint_consistency",
]


def validate(*arguments: str, **variables: str) -> Result:
    return CliRunner(env={"COLUMNS": "300", **variables}).invoke(app, ["validate", *arguments])


@pytest.fixture(scope="module")
def server(pristine_env: Path) -> Iterator[Server]:
    command = [*OPENENV, "serve", str(pristine_env), "--port", "0", "--host", "127.0.0.1"]
    with serving(command, OPENENV_TOKEN="sesame") as process:
        process.wait_for("Uvicorn running on")
        yield process


def test_a_good_server_passes(server: Server) -> None:
    result = validate("--url", server.url, OPENENV_TOKEN="sesame")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        *(f"PASS  {criterion}" for criterion in CRITERIA),
        "Verdict: pass (simulation mode)",
    ]


def test_the_json_report_of_a_good_server(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    result = validate(server.url + "/", "--json", "--token", "sesame", "--output", str(file))
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert json.loads(file.read_text()) == report
    criteria = report.pop("criteria")
    assert report == {
        "target": server.url,
        "validation_type": "running_environment",
        "standard_version": "1.0.0",
        "standard_profile": "openenv-http/1.x",
        "mode": "simulation",
        "passed": True,
        "summary": {
            "passed_count": 6,
            "total_count": 6,
            "failed_criteria": [],
            "required_passed_count": 6,
            "required_total_count": 6,
        },
    }
    assert [criterion["id"] for criterion in criteria] == CRITERIA
    for criterion in criteria:
        assert set(criterion) == {"id", "description", "passed", "required", "expected", "actual"}
        assert criterion["required"] is True


def test_a_missing_token_is_named(server: Server) -> None:
    result = validate(server.url, OPENENV_TOKEN="")
    assert result.exit_code == 1
    assert "FAIL  schema_endpoint: answered with status 401 (set --token)" in result.stdout
    assert "PASS  health_endpoint" in result.stdout
    assert "Verdict: fail" in result.stdout


def test_a_production_server_passes(pristine_env: Path) -> None:
    command = [*OPENENV, "serve", str(pristine_env), "--port", "0", "--host", "127.0.0.1"]
    with serving(command, OPENENV_MODE="production") as process:
        done = openenv("validate", process.url)
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1] == "Verdict: pass (production mode)"


def test_a_server_that_is_not_there_fails() -> None:
    with socket.socket() as reserved:  # bound, never listening: connections are refused
        reserved.bind(("127.0.0.1", 0))
        result = validate("--url", f"127.0.0.1:{reserved.getsockname()[1]}", "--json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert report["mode"] == "unknown"
    assert report["summary"]["failed_criteria"] == CRITERIA
    assert "failed" in report["criteria"][0]["details"]


def test_a_server_that_never_answers_fails_in_time() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        result = validate("--url", f"http://127.0.0.1:{silent.getsockname()[1]}", "--timeout", "0.2")
    assert result.exit_code == 1
    assert "FAIL  health_endpoint" in result.stdout


def test_a_url_that_is_none_fails() -> None:
    result = validate("--url", "http://[bad")
    assert result.exit_code == 1
    assert "Verdict: fail" in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["--url", "http://127.0.0.1:1", "some/directory"],
        ["--url", "http://127.0.0.1:1", "--local"],
        ["http://127.0.0.1:1", "--local"],
    ],
)
def test_a_url_and_a_directory_are_too_much(arguments: list[str]) -> None:
    result = validate(*arguments)
    assert result.exit_code == 1
    assert "not both" in result.stderr


GOOD: dict[str, Any] = {
    "/openapi.json": {"info": {"version": "1.0.0"}, "paths": {"/reset": {}, "/step": {}, "/state": {}}},
    "/health": {"status": "healthy"},
    "/metadata": {"name": "it", "description": "what it is"},
    "/schema": {"action": {}, "observation": {}, "state": {}},
    "/mcp": {"jsonrpc": "2.0"},
}


@contextmanager
def answering(answers: dict[str, Any]) -> Iterator[str]:
    """A server that gives fixed answers: JSON values, or bytes as they are."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = answers.get(self.path)
            body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(404 if answer is None else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _answer

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http_server:
        thread = threading.Thread(target=http_server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{http_server.server_address[1]}"
        finally:
            http_server.shutdown()
            thread.join()


def without(paths: dict[str, Any], *routes: str) -> dict[str, Any]:
    document = paths["/openapi.json"]
    kept: dict[str, Any] = {route: {} for route in document["paths"] if route not in routes}
    return {**paths, "/openapi.json": {**document, "paths": kept}}


@pytest.mark.parametrize(
    ("change", "failed", "mode"),
    [
        pytest.param(lambda a: a, [], "simulation", id="good"),
        pytest.param(lambda a: without(a, "/reset", "/step", "/state"), [], "production", id="production"),
        pytest.param(lambda a: without(a, "/step"), ["mode_endpoint_consistency"], "simulation", id="no step"),
        pytest.param(lambda a: without(a, "/reset"), ["mode_endpoint_consistency"], "production", id="no reset"),
        pytest.param(
            lambda a: {**a, "/openapi.json": {"info": {}}},
            ["openapi_version_available", "mode_endpoint_consistency"],
            "unknown",
            id="empty openapi",
        ),
        pytest.param(
            lambda a: {**a, "/openapi.json": b"<html>"},
            ["openapi_version_available", "mode_endpoint_consistency"],
            "unknown",
            id="openapi is no JSON",
        ),
        pytest.param(
            lambda a: {**a, "/health": {"status": "degraded"}}, ["health_endpoint"], "simulation", id="unwell"
        ),
        pytest.param(
            lambda a: {**a, "/metadata": {"name": "it", "description": None}},
            ["metadata_endpoint"],
            "simulation",
            id="no description",
        ),
        pytest.param(
            lambda a: {**a, "/schema": {"action": {}, "observation": []}},
            ["schema_endpoint"],
            "simulation",
            id="odd schema",
        ),
        pytest.param(lambda a: {**a, "/mcp": [{"jsonrpc": "2.0"}]}, ["mcp_endpoint"], "simulation", id="mcp list"),
        pytest.param(lambda a: {**a, "/mcp": None}, ["mcp_endpoint"], "simulation", id="no mcp"),
    ],
)
def test_each_criterion_fails_alone(
    change: Callable[[dict[str, Any]], dict[str, Any]], failed: list[str], mode: str
) -> None:
    with answering(change(GOOD)) as url:
        result = validate(url, "--json")
    report = json.loads(result.stdout)
    assert report["summary"]["failed_criteria"] == failed
    assert report["mode"] == mode
    assert report["passed"] is not bool(failed)
    assert result.exit_code == (1 if failed else 0)
    assert all(("details" in criterion) is not criterion["passed"] for criterion in report["criteria"])
