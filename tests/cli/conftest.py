"""A generated environment to look at, run and break."""

import shutil
from pathlib import Path

import pytest

from tests.cli.processes import make_uv, openenv


@pytest.fixture(scope="session")
def pristine_env(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``my_env`` as ``openenv init`` made it on a machine whose ``uv`` fails. Not to be changed."""
    parent = tmp_path_factory.mktemp("generated")
    tools = tmp_path_factory.mktemp("tools")
    make_uv(tools, "echo 'no solution found' >&2; exit 1")
    done = openenv("init", "my_env", cwd=parent, PATH=str(tools))
    assert done.returncode == 0, done.stderr
    return parent / "my_env"


@pytest.fixture
def my_env(pristine_env: Path, tmp_path: Path) -> Path:
    """A copy of the generated environment, free to be changed."""
    return Path(shutil.copytree(pristine_env, tmp_path / "copy" / "my_env"))
