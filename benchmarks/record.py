"""What figures are kept with: the machine, the versions, the file."""

import json
import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from benchmarks.peer_env import ROOT
from benchmarks.topics import Plan

VERSIONS_OF: Final = (
    "openenv",
    "uvicorn",
    "uvloop",
    "httptools",
    "websockets",
    "starlette",
    "fastapi",
    "pydantic",
    "fastmcp",
)


def write(document: Mapping[str, Any], path: Path | None = None) -> str:
    """Keep the figures as JSON, in ``benchmarks/results`` by default; returns where, from here."""
    path = path or ROOT / "benchmarks" / "results" / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    return os.path.relpath(path)


def machine(plan: Plan, cpus: list[int]) -> dict[str, Any]:
    """What the figures were taken on."""
    versions = {"ours": {name: found for name in VERSIONS_OF if (found := _installed(name))}}
    if plan.peer is not None:
        ask = (
            "import json; from importlib.metadata import distributions; "
            f"print(json.dumps({{d.name: d.version for d in distributions() if d.name in {VERSIONS_OF!r}}}))"
        )
        versions["peer"] = json.loads(plan.run(plan.peer, "-I", "-c", ask))
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processors": len(cpus),
        "load_average": os.getloadavg()[0],
        "versions": versions,
    }


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
