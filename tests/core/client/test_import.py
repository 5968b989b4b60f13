"""Importing the client loads no more than it needs."""

import subprocess
import sys

import pytest

HEAVY = [
    "fastapi",
    "starlette",
    "uvicorn",
    "fastmcp",
    "mcp",
    "numpy",
    "pandas",
    "openai",
    "gradio",
    "httpx",
    "yaml",
]
LATER = ["pydantic", "websockets", "asyncio", "orjson", "ssl", "subprocess"]


def loaded(module: str) -> set[str]:
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("module", ["env_client", "generic_client", "sync_client"])
def test_clients_are_light(module: str) -> None:
    modules = loaded(f"openenv.core.{module}")
    assert not modules & {*HEAVY, *LATER}
    assert not [name for name in modules if name.startswith("openenv.core.env_server.")]


@pytest.mark.parametrize("module", ["mcp_client", "client.session", "client.source", "containers.runtime"])
def test_what_carries_the_calls_needs_no_server(module: str) -> None:
    assert not loaded(f"openenv.core.{module}") & set(HEAVY)
