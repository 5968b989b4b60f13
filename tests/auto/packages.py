"""Distributions of environments, as installers leave them, and the repository of a Space."""

import importlib
import json
import subprocess
import textwrap
from pathlib import Path

CLIENT = """
from openenv.core.generic_client import GenericEnvClient
from openenv.core.env_server.types import Action, Observation

class {prefix}Env(GenericEnvClient):
    pass

class {prefix}Action(Action):
    text: str = ""

class {prefix}Observation(Observation):
    pass
"""

# Builds the wheel of the project it lies in, so that installing needs neither a package index nor a build library.
BACKEND = """
import json, pathlib, zipfile

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    project = json.loads(pathlib.Path("project.json").read_text())
    escaped = project["name"].replace("-", "_")
    info = f"{escaped}-1.0.dist-info"
    files = {f"{project['module']}/{path.name}": path.read_text() for path in pathlib.Path(project["module"]).iterdir()}
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\\nName: {project['name']}\\nVersion: 1.0\\n"
    files[f"{info}/WHEEL"] = "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    files[f"{info}/RECORD"] = "".join(f"{name},,\\n" for name in [*files, f"{info}/RECORD"])
    wheel = f"{escaped}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(wheel_directory, wheel), "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return wheel
"""


class Site:
    """A directory like ``site-packages``."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(parents=True)

    def add(
        self,
        distribution: str,
        module: str,
        files: dict[str, str] | None = None,
        *,
        manifest: str | None = "",
        prefix: str = "",
        top_level: str | None = None,
        origin: str | None = None,
        kind: str = "dist-info",
    ) -> Path:
        """Install an environment.

        Args:
            files: of the package; default ``__init__.py`` with classes that begin with ``prefix``.
            manifest: lines of ``openenv.yaml`` after its name; None for no such file.
            origin: the URL that the installer noted.
        """
        package = self.directory / module
        package.mkdir()
        contents = {"__init__.py": CLIENT.format(prefix=prefix)} if files is None else files
        if manifest is not None:
            contents = {"openenv.yaml": f"name: {module}\n{manifest}", **contents}
        for name, text in contents.items():
            (package / name).write_text(text)
        info = self.directory / f"{distribution.replace('-', '_')}-1.0.{kind}"
        info.mkdir()
        metadata = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\nSummary: From the metadata\n"
        (info / ("METADATA" if kind == "dist-info" else "PKG-INFO")).write_text(metadata)
        if top_level is not None:
            (info / "top_level.txt").write_text(top_level)
        if origin is not None:
            (info / "direct_url.json").write_text(json.dumps({"url": origin, "vcs_info": {"vcs": "git"}}))
        importlib.invalidate_caches()
        return package


def make_space(hub: Path, space: str, distribution: str, module: str, prefix: str) -> Path:
    """A Space's git repository below the directory ``hub``, with a package that can be installed."""
    repository = hub / "spaces" / space
    (repository / module).mkdir(parents=True)
    (repository / module / "__init__.py").write_text(CLIENT.format(prefix=prefix))
    (repository / module / "openenv.yaml").write_text(f"name: {module}\n")
    (repository / "backend.py").write_text(BACKEND)
    (repository / "project.json").write_text(json.dumps({"name": distribution, "module": module}))
    (repository / "pyproject.toml").write_text(
        textwrap.dedent(
            """\
            [build-system]
            requires = []
            build-backend = "backend"
            backend-path = ["."]
            """
        )
    )
    identity = ("-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "commit.gpgsign=false")
    for arguments in (["init", "--quiet"], ["add", "."], [*identity, "commit", "--quiet", "-m", "A package"]):
        subprocess.run(["git", *arguments], cwd=repository, check=True)
    return repository
