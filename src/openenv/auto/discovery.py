"""Which environments are installed: distributions named ``openenv-*`` whose module is an environment's.

Nothing is imported to find out, and nothing is remembered: what was installed a moment ago is found.
"""

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from .._naming import class_prefix
from ..core.manifest import MANIFEST_NAME, Manifest, ManifestError, load_manifest
from .names import canonical, environment_part, spelling

_METADATA_DIRECTORY: Final = re.compile(r"openenv[-_.].*\.(dist-info|egg-info)", re.IGNORECASE)


@dataclass(frozen=True)
class InstalledEnvironment:
    """An installed environment, as its distribution and its ``openenv.yaml`` tell.

    Attributes:
        key: the short name, such as ``echo``; any spelling of ``name`` finds the environment, too.
        name: as the manifest says, else the module's.
        distribution: name of the distribution.
        version: the manifest's, else the distribution's.
        description: the manifest's, else the distribution's summary.
        module: name of the package to import.
        directory: where the package lies.
        client_class, action_class, observation_class: names by convention, such as ``EchoEnv``, or the manifest's.
        default_image: the Docker image that is run when no server is given.
        spec_version: of the manifest.
        origin: the URL it was installed from, where it was not the package index.
        problem: why the manifest cannot be used, if so.
    """

    key: str
    name: str
    distribution: str
    version: str
    description: str
    module: str
    directory: Path
    client_class: str
    action_class: str
    observation_class: str
    default_image: str
    spec_version: int
    origin: str | None
    problem: str | None = None

    @property
    def keys(self) -> frozenset[str]:
        """All the names it answers to, in canonical spelling."""
        return frozenset(map(canonical, (self.module, self.name, self.distribution)))

    @property
    def spellings(self) -> frozenset[str]:
        """The same with the ``_env`` some end in."""
        return frozenset(map(spelling, (self.module, self.name, self.distribution)))


def discover() -> list[InstalledEnvironment]:
    """The installed environments, by name. The first of several distributions of one name counts, as in imports."""
    found: dict[str, InstalledEnvironment] = {}
    for distribution in _distributions():
        name = _metadata(distribution, "Name")
        part = environment_part(name)
        if part is None or spelling(name) in found:
            continue
        package = _package(distribution, part)
        if package is not None:
            found[spelling(name)] = _describe(distribution, *package)
    return sorted(found.values(), key=lambda environment: (environment.key, environment.module))


def by_key() -> dict[str, InstalledEnvironment]:
    """The installed environments by their short names; by their modules' names where two have the same short one."""
    environments = discover()
    times = Counter(environment.key for environment in environments)
    return {e.key if times[e.key] == 1 else e.module: e for e in environments}


def _distributions() -> Iterator[Distribution]:
    # Not importlib.metadata.distributions(): that has no way to tell names without parsing every package's metadata.
    for entry in sys.path:
        try:
            names = sorted(os.listdir(entry or "."))
        except OSError:
            continue  # an archive, or no longer there
        for name in names:
            if _METADATA_DIRECTORY.fullmatch(name):
                yield Distribution.at(Path(entry or ".", name))


def _package(distribution: Distribution, part: str) -> tuple[str, Path] | None:
    """Module and directory of the environment in a distribution.

    The module's name is the distribution's; but tools may have changed its case, so what the distribution says it
    holds is tried as well.
    """
    expected = re.sub(r"[-.]", "_", part)
    tops = (distribution.read_text("top_level.txt") or "").split()
    tops += [file.parts[0] for file in distribution.files or () if len(file.parts) > 1]
    alike = [top for top in tops if spelling(top) == spelling(expected)]
    for module in dict.fromkeys([expected, *alike, *tops]):
        directory = _environment_directory(module) if module.isidentifier() else None
        if directory is not None:
            return module, directory
    return None


def _environment_directory(module: str) -> Path | None:
    try:
        spec = find_spec(module)
    except (ImportError, ValueError):  # a finder that is broken, or a module that was made by hand
        return None
    directories = [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []
    for file in (MANIFEST_NAME, "client.py"):
        for directory in directories:
            if (directory / file).is_file():
                return directory
    return None


def _describe(distribution: Distribution, module: str, directory: Path) -> InstalledEnvironment:
    manifest, problem = Manifest(name=module), None
    if (directory / MANIFEST_NAME).is_file():
        try:
            manifest = load_manifest(directory)
        except ManifestError as error:
            problem = str(error)
    prefix = class_prefix(module)
    return InstalledEnvironment(
        key=canonical(module),
        name=manifest.name,
        distribution=_metadata(distribution, "Name"),
        version=manifest.version or _metadata(distribution, "Version"),
        description=manifest.description or _metadata(distribution, "Summary"),
        module=module,
        directory=directory,
        client_class=_class_name((manifest.model_extra or {}).get("client")) or f"{prefix}Env",
        action_class=_class_name(manifest.action) or f"{prefix}Action",
        observation_class=_class_name(manifest.observation) or f"{prefix}Observation",
        default_image=f"{re.sub(r'[^a-z0-9]+', '-', manifest.name.lower()).strip('-')}:latest",
        spec_version=manifest.spec_version,
        origin=_origin(distribution),
        problem=problem,
    )


def _metadata(distribution: Distribution, field: str) -> str:
    # Versions of Python differ in what they make of missing metadata: None, or an empty message.
    metadata = distribution.metadata
    values = metadata.get_all(field) if metadata else None
    return str(values[0]) if values else ""


def _class_name(value: Any) -> str | None:
    return value if isinstance(value, str) and value.isidentifier() else None


def _origin(distribution: Distribution) -> str | None:
    try:
        url = json.loads(distribution.read_text("direct_url.json") or "{}").get("url")
    except (ValueError, AttributeError):  # the installer's own note, of use only where it is right
        return None
    return url if isinstance(url, str) else None
