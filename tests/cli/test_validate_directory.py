"""``openenv validate`` on an environment's directory."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from openenv.cli.__main__ import app
from tests.cli.processes import ROOT

LOCK = "Missing uv.lock - run 'uv lock' to generate it"


def validate(*arguments: str | Path) -> Result:
    return CliRunner(env={"COLUMNS": "300"}).invoke(app, ["validate", *map(str, arguments)])


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_a_generated_environment_passes_as_it_is(pristine_env: Path) -> None:
    result = validate(pristine_env)
    assert result.exit_code == 0, result.output
    assert "[OK] my_env: Ready for multi-mode deployment" in result.stdout
    assert f"Warning: {LOCK}" in result.stdout


def test_a_locked_environment_passes_in_every_mode(my_env: Path) -> None:
    (my_env / "uv.lock").write_text("version = 1\n")
    result = validate(my_env, "--verbose")
    assert result.exit_code == 0
    assert "Warning" not in result.stdout
    assert "[NO]" not in result.stdout
    for mode in ("docker", "openenv_serve", "uv_run", "python_module"):
        assert f"[YES] {mode}" in result.stdout


@pytest.mark.parametrize("name", sorted(path.parent.name for path in (ROOT / "envs").glob("*/openenv.yaml")))
def test_our_environments_pass(name: str) -> None:
    result = validate(ROOT / "envs" / name)
    assert result.exit_code == 0, result.output


def test_the_directory_is_where_you_are(my_env: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(my_env)
    assert "[OK] my_env" in validate().stdout


BREAKAGES: list[tuple[str, Any, str]] = [
    ("no pyproject", lambda env: (env / "pyproject.toml").unlink(), "Missing pyproject.toml"),
    (
        "bad pyproject",
        lambda env: (env / "pyproject.toml").write_text("[project\n"),
        "pyproject.toml cannot be read",
    ),
    ("no lock", lambda env: edit(env / "pyproject.toml", "require-lock = false", ""), LOCK),
    (
        "no script",
        lambda env: edit(env / "pyproject.toml", 'server = "my_env.server.app:main"', ""),
        "Missing [project.scripts] server entry point",
    ),
    (
        "script without main",
        lambda env: edit(env / "pyproject.toml", "server.app:main", "server.app:run"),
        "Server entry point must name a main function",
    ),
    (
        "no dependency",
        lambda env: edit(env / "pyproject.toml", '"openenv>=0.11.0.dev0"', '"openenvironments"'),
        "Missing required dependency: openenv>=0.2.0",
    ),
    ("no app", lambda env: (env / "server" / "app.py").unlink(), "Missing server/app.py"),
    (
        "app with a syntax error",
        lambda env: (env / "server" / "app.py").write_text("def main(:\n"),
        "server/app.py cannot be read",
    ),
    (
        "no main",
        lambda env: edit(env / "server" / "app.py", "def main(", "def not_main("),
        "server/app.py missing main() function",
    ),
    (
        "no guard",
        lambda env: edit(env / "server" / "app.py", 'if __name__ == "__main__":', "if False:"),
        "server/app.py main() function not callable (missing if __name__ == '__main__')",
    ),
    (
        "guard that does something else",
        lambda env: edit(env / "server" / "app.py", "    main()\n", "    print('main()')\n"),
        "server/app.py main() function not callable (missing if __name__ == '__main__')",
    ),
    ("no manifest", lambda env: (env / "openenv.yaml").unlink(), "Not an OpenEnv environment"),
    (
        "manifest without a name",
        lambda env: edit(env / "openenv.yaml", "name: my_env\n", ""),
        "Not an OpenEnv environment",
    ),
    (
        "manifest with an app that is not there",
        lambda env: edit(env / "openenv.yaml", "server.app:app", "server.application:app"),
        "there is no such module",
    ),
]


@pytest.mark.parametrize(("breakage", "issue"), [pytest.param(b, i, id=name) for name, b, i in BREAKAGES])
def test_what_is_missing_is_named(my_env: Path, breakage: Any, issue: str) -> None:
    breakage(my_env)
    result = validate(my_env)
    assert result.exit_code == 1
    assert "[FAIL] my_env: Not ready for multi-mode deployment" in result.stdout
    assert "Issues found:" in result.stdout
    assert issue in result.stdout


def test_a_dockerfile_may_install_openenv_instead(my_env: Path) -> None:
    edit(my_env / "pyproject.toml", '"openenv>=0.11.0.dev0"', "")
    with (my_env / "server" / "Dockerfile").open("a") as dockerfile:
        dockerfile.write("RUN pip install --no-cache-dir \\\n    'openenv[mcp]>=0.11'\n")
    result = validate(my_env)
    assert result.exit_code == 0, result.output


def test_an_app_may_import_its_main(my_env: Path) -> None:
    (my_env / "server" / "app.py").write_text(
        "from my_env.elsewhere import main\n\napp = None\n\nif '__main__' == __name__:\n    raise SystemExit(main())\n"
    )
    assert validate(my_env).exit_code == 0


def test_the_json_report_of_a_good_environment(pristine_env: Path) -> None:
    result = validate(pristine_env, "--json")
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert report["target"] == str(pristine_env)
    assert report["environment"] == "my_env"
    assert report["validation_type"] == "local_environment"
    assert report["standard_version"] == "local"
    assert report["standard_profile"] == "openenv-local"
    assert report["passed"] is True
    assert report["issues"] == []
    assert report["warnings"] == [LOCK]
    modes = {"docker": True, "openenv_serve": True, "uv_run": False, "python_module": True}
    assert report["deployment_modes"] == modes
    assert [(c["id"], c["required"], c["passed"]) for c in report["criteria"]] == [
        ("multi_mode_deployment_readiness", True, True),
        *((f"deployment_mode_{mode}", False, works) for mode, works in modes.items()),
    ]
    assert report["summary"] == {
        "passed_count": 4,
        "total_count": 5,
        "failed_criteria": ["deployment_mode_uv_run"],
        "required_passed_count": 1,
        "required_total_count": 1,
    }


def test_the_json_report_of_a_bad_environment(my_env: Path, tmp_path: Path) -> None:
    (my_env / "pyproject.toml").unlink()
    shutil.rmtree(my_env / "server")
    file = tmp_path / "report.json"
    result = validate(my_env, "--json", "--output", file)
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert json.loads(file.read_text()) == report
    assert report["passed"] is False
    assert "Missing pyproject.toml" in report["issues"]
    assert not any(report["deployment_modes"].values())
    assert report["criteria"][0]["details"] == "; ".join(report["issues"])


def test_a_report_that_cannot_be_written_is_an_error(pristine_env: Path, tmp_path: Path) -> None:
    result = validate(pristine_env, "--output", tmp_path / "no" / "such" / "report.json")
    assert result.exit_code == 1
    assert "the report cannot be written" in result.stderr


def test_a_target_that_is_no_directory_is_an_error(tmp_path: Path) -> None:
    result = validate(tmp_path / "nowhere")
    assert result.exit_code == 1
    assert "is not a directory" in result.stderr


def test_an_unknown_specification_ends_with_2(my_env: Path) -> None:
    edit(my_env / "openenv.yaml", "spec_version: 1", "spec_version: 99")
    result = validate(my_env)
    assert result.exit_code == 2
    assert "spec_version 99" in result.stderr


def test_a_check_that_breaks_ends_with_3(pristine_env: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(path: Path) -> None:
        raise RuntimeError("out of cheese")

    monkeypatch.setattr("openenv.cli.validation.directory.validate_directory", broken)
    result = validate(pristine_env)
    assert result.exit_code == 3
    assert "out of cheese" in result.stderr
