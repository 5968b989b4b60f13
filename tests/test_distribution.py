"""What `pip install openenv` brings along."""

import re
import sys
import tomllib
from glob import glob
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent

HEAVY = {"gradio", "fastmcp", "mcp", "openai", "anthropic", "pandas", "numpy", "scipy", "torch", "sympy", "networkx"}


def closure(name: str, extras: frozenset[str] = frozenset()) -> set[str]:
    """The distributions that an installation of ``name`` pulls in, itself included, on this machine."""
    found: set[tuple[str, frozenset[str]]] = set()
    todo = [(name, extras)]
    while todo:
        name, extras = todo.pop()
        key = re.sub(r"[-_.]+", "-", name).lower()
        if (key, extras) in found:
            continue
        found.add((key, extras))
        for line in distribution(name).requires or []:
            requirement = Requirement(line)
            marker = requirement.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
                todo.append((requirement.name, frozenset(requirement.extras)))
    return {name for name, _ in found}


def test_the_base_install_is_light() -> None:
    base = closure("openenv")
    assert len(base) <= 30, sorted(base)
    assert not base & HEAVY


def test_extras_exist_and_nothing_has_an_upper_pin() -> None:
    metadata = distribution("openenv").metadata
    assert {"core", "cli", "all", "mcp", "web", "dev"} <= set(metadata.get_all("Provides-Extra") or [])
    for line in distribution("openenv").requires or []:
        for specifier in Requirement(line).specifier:
            assert specifier.operator == ">=", line


def test_every_file_of_data_is_packed() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    package = ROOT / "src" / "openenv"
    packed = {
        name
        for pattern in settings["package-data"]["openenv"]
        for name in glob(pattern, root_dir=package, recursive=True)
    }
    data = {
        str(path.relative_to(package))
        for path in package.rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc")
    }
    assert {"py.typed", "cli/templates/openenv_env/.dockerignore", "core/env_server/web_page.html"} <= data
    assert data <= packed


@pytest.mark.parametrize("manifest", sorted(ROOT.glob("envs/*/pyproject.toml")), ids=lambda path: path.parent.name)
def test_every_package_of_an_environment_is_packed(manifest: Path) -> None:
    directory = manifest.parent
    settings = tomllib.loads(manifest.read_text(encoding="utf-8"))["tool"]["setuptools"]
    there = {
        ".".join((directory.name, *path.parent.relative_to(directory).parts)) for path in directory.rglob("__init__.py")
    }
    assert {name for name in there if ".tests" not in name} == set(settings["packages"])


@pytest.mark.parametrize("file", ["constraints.txt", "constraints-extras.txt"])
def test_the_constraints_files_hold_names_and_versions_only(file: str) -> None:
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert pins
    for pin in pins:
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9._+!-]+( ; python_version [<>=]+ '[0-9.]+')?", pin), pin


@pytest.mark.skipif(sys.platform != "linux", reason="the constraints are those of Linux")
def test_the_base_install_is_pinned() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8").lower().replace("_", "-")
    pinned = {line.split("==")[0].replace(".", "-") for line in text.splitlines() if "==" in line}
    assert closure("openenv") - {"openenv"} <= pinned
