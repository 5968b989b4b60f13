"""Checks of an environment's directory: can it be deployed in every way OpenEnv knows?"""

import ast
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ...core.manifest import MANIFEST_NAME, Manifest, ManifestError, load_manifest
from .report import Criterion, all_required_pass, summarize

SUPPORTED_SPEC_VERSION: Final = 1

# An environment whose versions are pinned elsewhere (a constraints file around it), or that has not been locked yet,
# says so in its pyproject.toml:  [tool.openenv] require-lock = false
LOCK_ISSUE: Final = "Missing uv.lock - run 'uv lock' to generate it"

_OPENENV_DISTRIBUTIONS: Final = {"openenv", "openenv-core"}
_MODES: Final = {
    "docker": "A Dockerfile in server/ or the root",
    "openenv_serve": "openenv.yaml names an app that exists",
    "uv_run": "pyproject.toml with a server script, and uv.lock",
    "python_module": "server/app.py with a main() that runs as a module",
}


class UnsupportedEnvironmentError(Exception):
    """The directory follows a specification this version does not know."""


@dataclass
class DirectoryReport:
    """What was found in an environment's directory.

    Attributes:
        issues: what keeps it from being deployed in every mode.
        warnings: what should be mended but keeps nothing from working.
        deployment_modes: the ways to run it, and whether each works.
    """

    path: Path
    issues: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    deployment_modes: dict[str, bool] = field(default_factory=dict)

    @property
    def environment(self) -> str:
        return self.path.resolve().name

    @property
    def criteria(self) -> list[Criterion]:
        ready = Criterion(
            id="multi_mode_deployment_readiness",
            description="The environment can be deployed in every mode",
            passed=not self.issues,
            expected={"issues": []},
            actual={"issues": self.issues},
            details="; ".join(self.issues) or None,
        )
        return [
            ready,
            *(
                Criterion(
                    id=f"deployment_mode_{mode}",
                    description=_MODES[mode],
                    passed=works,
                    required=False,
                    expected={"supported": True},
                    actual={"supported": works},
                    details=None if works else f"Needs: {_MODES[mode]}",
                )
                for mode, works in self.deployment_modes.items()
            ),
        ]

    @property
    def passed(self) -> bool:
        return all_required_pass(self.criteria)

    def as_dict(self) -> dict[str, Any]:
        return {
            "target": str(self.path),
            "environment": self.environment,
            "validation_type": "local_environment",
            "standard_version": "local",
            "standard_profile": "openenv-local",
            "passed": self.passed,
            "summary": summarize(self.criteria),
            "criteria": [criterion.as_dict() for criterion in self.criteria],
            "issues": self.issues,
            "warnings": self.warnings,
            "deployment_modes": self.deployment_modes,
        }


def validate_directory(path: Path) -> DirectoryReport:
    """Check the environment in ``path``.

    Raises:
        UnsupportedEnvironmentError: if its ``spec_version`` is newer than this version of OpenEnv.
    """
    report = DirectoryReport(path)
    manifest = _check_manifest(path, report.issues)
    project = _read_project(path, report.issues)
    dockerfiles = [file for file in (path / "server" / "Dockerfile", path / "Dockerfile") if file.is_file()]

    locked = (path / "uv.lock").is_file()
    if not locked:
        lock_required = _table(project or {}, "tool", "openenv").get("require-lock", True)
        (report.issues if lock_required else report.warnings).append(LOCK_ISSUE)
    has_script = project is not None and _check_project(project, dockerfiles, report.issues)
    runs_as_module = _check_app(path / "server" / "app.py", report.issues)

    report.deployment_modes = {
        "docker": bool(dockerfiles),
        "openenv_serve": manifest is not None and _app_file(path, manifest.app) is not None,
        "uv_run": locked and has_script,
        "python_module": runs_as_module,
    }
    return report


def _check_manifest(path: Path, issues: list[str]) -> Manifest | None:
    try:
        manifest = load_manifest(path)
    except ManifestError as error:
        issues.append(f"Not an OpenEnv environment: {error}")
        return None
    if manifest.spec_version > SUPPORTED_SPEC_VERSION:
        raise UnsupportedEnvironmentError(
            f"{path / MANIFEST_NAME} has spec_version {manifest.spec_version}; "
            f"this version of OpenEnv knows {SUPPORTED_SPEC_VERSION}. Upgrade openenv."
        )
    if _app_file(path, manifest.app) is None:
        issues.append(f"{MANIFEST_NAME} names the app {manifest.app!r}, but there is no such module")
    return manifest


def _app_file(path: Path, app: str) -> Path | None:
    module, separator, attribute = app.partition(":")
    if not separator or not attribute:
        return None
    base = path.joinpath(*module.split("."))
    candidates = (base.with_name(base.name + ".py"), base / "__init__.py")
    return next((file for file in candidates if file.is_file()), None)


def _read_project(path: Path, issues: list[str]) -> dict[str, Any] | None:
    try:
        return tomllib.loads((path / "pyproject.toml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        issues.append("Missing pyproject.toml")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        issues.append(f"pyproject.toml cannot be read: {error}")
    return None


def _table(content: dict[str, Any], *keys: str) -> dict[str, Any]:
    """The table under ``keys``; an empty one where there is none."""
    found: Any = content
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _check_project(project: dict[str, Any], dockerfiles: list[Path], issues: list[str]) -> bool:
    """Whether there is a server script; adds what is wrong to ``issues``."""
    script = _table(project, "project", "scripts").get("server")
    if script is None:
        issues.append("Missing [project.scripts] server entry point")
    elif ":main" not in str(script):
        issues.append(f"Server entry point must name a main function, as in 'my_env.server.app:main' (got {script!r})")
    dependencies = _table(project, "project").get("dependencies")
    depends = isinstance(dependencies, list) and any(_names_openenv(str(item)) for item in dependencies)
    if not depends and not any(_installs_openenv(file) for file in dockerfiles):
        issues.append("Missing required dependency: openenv>=0.2.0")
    return script is not None and ":main" in str(script)


def _names_openenv(requirement: str) -> bool:
    match = re.match(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)", requirement)
    return match is not None and re.sub(r"[-_.]+", "-", match[1]).lower() in _OPENENV_DISTRIBUTIONS


def _installs_openenv(dockerfile: Path) -> bool:
    text = dockerfile.read_text(encoding="utf-8", errors="replace").replace("\\\n", " ")
    installs = (line for line in text.splitlines() if re.match(r"\s*RUN\b.*\b(pip|uv)\b.*\b(install|add)\b", line))
    return any(_names_openenv(word.strip("\"'")) for line in installs for word in line.split())


def _check_app(app: Path, issues: list[str]) -> bool:
    """Whether ``server/app.py`` runs as a module; adds what is wrong to ``issues``."""
    try:
        tree = ast.parse(app.read_text(encoding="utf-8"))
    except FileNotFoundError:
        issues.append("Missing server/app.py")
        return False
    except (OSError, ValueError, SyntaxError) as error:
        issues.append(f"server/app.py cannot be read: {error}")
        return False
    if not any(_defines_main(statement) for statement in tree.body):
        issues.append("server/app.py missing main() function")
        return False
    if not any(isinstance(statement, ast.If) and _is_main_guard(statement) for statement in tree.body):
        issues.append("server/app.py main() function not callable (missing if __name__ == '__main__')")
        return False
    return True


def _defines_main(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return statement.name == "main"
    if isinstance(statement, ast.ImportFrom):
        return any((alias.asname or alias.name) == "main" for alias in statement.names)
    return False


def _is_main_guard(statement: ast.If) -> bool:
    """Whether this is ``if __name__ == "__main__":`` with a call of ``main`` under it."""
    test = statement.test
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq)):
        return False
    sides = {ast.unparse(test.left), ast.unparse(test.comparators[0])}
    return sides == {"__name__", "'__main__'"} and any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "main"
        for body in statement.body
        for node in ast.walk(body)
    )
