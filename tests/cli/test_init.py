"""``openenv init``: what it makes, and what it refuses."""

import re
import shutil
import tomllib
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from openenv.cli import scaffold
from openenv.cli.__main__ import app
from openenv.core.manifest import load_manifest
from tests.cli.processes import ROOT, make_uv

TREE = {
    ".dockerignore",
    ".gitignore",
    "README.md",
    "__init__.py",
    "client.py",
    "models.py",
    "openenv.yaml",
    "outputs/evals/",
    "outputs/logs/",
    "pyproject.toml",
    "server/Dockerfile",
    "server/__init__.py",
    "server/app.py",
    "server/my_env_environment.py",
    "server/requirements.txt",
    "tests/test_environment.py",
}


def init(*arguments: str, **variables: str) -> Result:
    return CliRunner(env={"COLUMNS": "300", **variables}).invoke(app, ["init", *arguments])


def leaves(directory: Path) -> set[str]:
    """Files and empty directories, relative to ``directory``."""
    return {
        path.relative_to(directory).as_posix() + ("/" if path.is_dir() else "")
        for path in directory.rglob("*")
        if path.is_file() or not any(path.iterdir())
    }


def test_makes_the_tree(pristine_env: Path) -> None:
    assert leaves(pristine_env) == TREE


def test_fills_every_placeholder_and_ends_lines_with_lf(pristine_env: Path) -> None:
    for path in pristine_env.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"\r" not in content, path
            assert not re.search(rb"__(ENV|HF)_", content), path


def test_describes_itself(pristine_env: Path) -> None:
    manifest = load_manifest(pristine_env)
    assert (manifest.name, manifest.app, manifest.port) == ("my_env", "server.app:app", 8000)
    assert (manifest.action, manifest.observation) == ("MyAction", "MyObservation")
    project = tomllib.loads((pristine_env / "pyproject.toml").read_text())
    assert project["project"]["name"] == "openenv-my_env"
    assert project["project"]["scripts"] == {"server": "my_env.server.app:main"}
    assert project["tool"]["setuptools"]["packages"] == ["my_env", "my_env.server"]
    front_matter = yaml.safe_load((pristine_env / "README.md").read_text().split("---")[1])
    assert front_matter["sdk"] == "docker"
    assert front_matter["app_port"] == 8000
    assert front_matter["base_path"] == "/web"
    assert front_matter["tags"] == ["openenv"]
    colors = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
    assert {front_matter["colorFrom"], front_matter["colorTo"]} <= colors


@pytest.mark.parametrize(
    ("name", "prefix", "title", "image"),
    [
        ("my_env", "My", "My Env", "openenv-my"),
        ("my_game_env", "MyGame", "My Game Env", "openenv-my_game"),
        ("chess", "Chess", "Chess", "openenv-chess"),
        ("x_env_env", "XEnv", "X Env Env", "openenv-x_env"),
        ("my__env", "My", "My Env", "openenv-my"),
        ("a1", "A1", "A1", "openenv-a1"),
        ("RLVE_Gym", "RlveGym", "Rlve Gym", "openenv-rlve_gym"),
    ],
)
def test_names(name: str, prefix: str, title: str, image: str, tmp_path: Path) -> None:
    result = init(name, "-o", str(tmp_path), PATH="")
    assert result.exit_code == 0, result.output
    directory = tmp_path / name
    assert f'"{prefix}Env"' in (directory / "__init__.py").read_text()
    assert f"{title} environment ready!" in (directory / "server" / f"{name}_environment.py").read_text()
    assert f"docker build -t {image}:latest" in (directory / "README.md").read_text()
    assert f"docker build -t {image}:latest" in result.stdout
    assert load_manifest(directory).name == name


def test_says_what_it_does(tmp_path: Path) -> None:
    result = init("my_env", "--output-dir", str(tmp_path / "deep" / "er"), PATH="")
    target = tmp_path / "deep" / "er" / "my_env"
    assert result.exit_code == 0
    for line in (
        "Creating OpenEnv environment 'my_env'...",
        f"✓ Created {len([leaf for leaf in TREE if not leaf.endswith('/')])} files",
        "Generating uv.lock...",
        f"Environment created successfully at: {target}",
        "Next steps:",
        f"cd {target}",
        "uv sync",
    ):
        assert line in result.stdout


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "must not be empty"),
        ("1env", "starts with a digit"),
        ("my-env", "not a valid Python identifier"),
        ("my env", "not a valid Python identifier"),
        ("größe", "not a valid Python identifier"),
        ("class", "is a keyword of Python"),
        ("json", "would hide the Python module of that name: try json_env"),
        ("test", "would hide the Python module of that name: try test_env"),
        ("openenv", "would hide the Python module of that name"),
        ("pydantic", "would hide the Python module of that name"),
        ("pytest", "would hide the Python module of that name"),
        ("_env", "underscore"),
        ("__", "underscore"),
        ("x_", "starts or ends with an underscore"),
        ("_x", "starts or ends with an underscore"),
        ("yes", "is no text in openenv.yaml: try yes_env"),
        ("Null", "is no text in openenv.yaml: try Null_env"),
    ],
)
def test_refuses_bad_names(name: str, reason: str, tmp_path: Path) -> None:
    result = init(name, "-o", str(tmp_path))
    assert result.exit_code == 2
    assert "ENV_NAME" in result.stderr
    assert reason in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_refuses_the_names_of_what_openenv_itself_needs() -> None:
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    for dependency in dependencies:
        distribution = re.split(r"[^a-z]", dependency)[0]
        with pytest.raises(ValueError, match="would hide"):
            scaffold.check_name({"pyyaml": "yaml"}.get(distribution, distribution))


def test_refuses_a_target_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "a_file").write_text("precious")
    (tmp_path / "a_dir").mkdir()
    (tmp_path / "a_dir" / "file").write_text("precious")
    assert init("a_file", "-o", str(tmp_path)).exit_code == 2
    assert init("a_dir", "-o", str(tmp_path)).exit_code == 2
    assert leaves(tmp_path) == {"a_file", "a_dir/file"}


def test_takes_an_empty_directory(tmp_path: Path) -> None:
    (tmp_path / "my_env").mkdir()
    result = init("my_env", "-o", str(tmp_path), PATH="")
    assert result.exit_code == 0, result.output
    assert leaves(tmp_path / "my_env") == TREE


def test_leaves_nothing_behind_when_writing_fails(tmp_path: Path) -> None:
    # The directory's name fits the file system's limit of 255 bytes, server/<name>_environment.py does not.
    result = init("e" * 244, "-o", str(tmp_path))
    assert result.exit_code == 1
    assert "cannot be created" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_output_directory_that_cannot_be_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = init("my_env", "-o", str(tmp_path / "file" / "under"))
    assert result.exit_code == 1
    assert "cannot be created" in result.stderr


def test_copies_no_compiled_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = Path(shutil.copytree(scaffold.TEMPLATE, tmp_path / "template"))
    (template / "server" / "__pycache__").mkdir()
    (template / "server" / "__pycache__" / "app.cpython-311.pyc").write_bytes(b"\xff\x00")
    (template / "models.pyc").write_bytes(b"\xff\x00")
    monkeypatch.setattr(scaffold, "TEMPLATE", template)
    scaffold.create_environment("my_env", tmp_path / "my_env")
    assert leaves(tmp_path / "my_env") == TREE


def test_locks_with_uv_where_there_is_one(tmp_path: Path) -> None:
    make_uv(tmp_path, 'echo "$@" > "$3/arguments" && echo "version = 1" > "$3/uv.lock"')
    result = init("my_env", "-o", str(tmp_path), PATH=str(tmp_path))
    directory = tmp_path / "my_env"
    assert result.exit_code == 0
    assert "Generated uv.lock" in result.stdout
    assert result.stderr == ""
    assert (directory / "arguments").read_text() == f"lock --directory {directory}\n"
    assert "require-lock" not in (directory / "pyproject.toml").read_text()


def test_a_uv_that_fails_is_a_warning(tmp_path: Path) -> None:
    make_uv(tmp_path, "echo 'no solution found' >&2; exit 1")
    result = init("my_env", "-o", str(tmp_path), PATH=str(tmp_path))
    assert result.exit_code == 0
    assert "uv lock failed: no solution found" in result.stderr
    assert "Run 'uv lock'" in result.stderr


def test_without_uv_there_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openenv.cli.commands.init.find_spec", lambda name: None)
    result = init("my_env", "-o", str(tmp_path), PATH="")
    assert result.exit_code == 0
    assert "uv is not installed" in result.stderr
    assert (tmp_path / "my_env" / "pyproject.toml").read_text().endswith("require-lock = false\n")
