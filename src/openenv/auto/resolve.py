"""From a name to the installed environment it means, installing a Space's package where that is allowed."""

import difflib
import sys
from collections.abc import Iterable

from ..core.manifest import ManifestError
from .discovery import InstalledEnvironment, discover
from .errors import AmbiguousEnvironmentError, InstallError, UnknownEnvironmentError
from .install import allow_remote_code, install_space, space_source
from .names import canonical, hub_id, is_hub_id, spelling


def checked_name(name: str) -> str:
    """``name``, if it is one at all.

    Raises:
        ValueError: if it is no text, or empty.
    """
    if not isinstance(name, str) or not canonical(name):
        raise ValueError(f"the name of an environment is a text such as 'echo' or 'owner/space', not {name!r}")
    return name


def find(name: str) -> InstalledEnvironment | None:
    """The installed environment that ``name`` (a package's name or a Space's id) means, if there is one.

    Raises:
        AmbiguousEnvironmentError: if several answer to ``name``.
        ManifestError: if its manifest cannot be used.
        ValueError: if ``name`` is none, or no valid id.
    """
    if is_hub_id(checked_name(name)):
        return _find_space(hub_id(name), discover())
    return _find_package(name, discover())


def find_or_install(name: str, *, trust_remote_code: bool = False) -> InstalledEnvironment:
    """The environment that ``name`` means; a Space's package is installed if need be.

    Raises:
        UnknownEnvironmentError: if no package of that name is installed.
        RemoteCodeError: if a Space's package must be installed first, and nobody allows it.
        InstallError: if it cannot be installed.
        AmbiguousEnvironmentError, ManifestError, ValueError: as :func:`find`.
    """
    found = find(name)
    if found is not None:
        return found
    if not is_hub_id(name):
        raise unknown(name)
    space = hub_id(name)
    _check_that_it_replaces_none(space)
    allow_remote_code(space, trust_remote_code=trust_remote_code)
    install_space(space)
    found = find(space)
    if found is None:
        raise InstallError(
            f"the package of the Space {space} is installed, but no environment of that name is found: its "
            "distribution must be called openenv-<name> and hold a module <name> with an openenv.yaml"
        )
    if found.module in sys.modules:
        raise InstallError(
            f"the package of the Space {space} has replaced {found.module!r}, which this process has imported "
            "already: start a new process"
        )
    return found


def _check_that_it_replaces_none(space: str) -> None:
    """Installers differ in what they do with a second package of one name: some replace it, some keep the first."""
    others = [environment for environment in discover() if _space_of(environment) is not None]
    other = _find_package(space.split("/")[1], others)
    if other is not None:
        raise InstallError(
            f"{other.distribution} of the Space {_space_of(other)} is installed under the name of {space}: uninstall "
            f"it first ('pip uninstall {other.distribution}'), or use another environment of Python"
        )


def find_installed(name: str) -> InstalledEnvironment:
    """As :func:`find`, and :class:`UnknownEnvironmentError` if there is none."""
    found = find(name)
    if found is None:
        raise unknown(name)
    return found


def unknown(name: str) -> UnknownEnvironmentError:
    """The error for a name that nothing installed has, with the names that look like it."""
    environments = discover()
    names = {key: environment.key for environment in environments for key in environment.keys}
    close = difflib.get_close_matches(canonical(name.rsplit("/", 1)[-1]), names, n=3, cutoff=0.6)
    if close:
        known = f"did you mean {_listing((names[key] for key in close), ' or ')}?"
    elif environments:
        known = f"installed are {_listing((environment.key for environment in environments), ', ')}"
    else:
        known = "no environment is installed"
    advice = "install the package openenv-<name>, give a Space as 'owner/space', or use skip_install=True with base_url"
    return UnknownEnvironmentError(f"no environment {name!r} is installed: {known} ({advice})")


def _listing(names: Iterable[str], separator: str) -> str:
    return separator.join(repr(name) for name in dict.fromkeys(names))


def _find_package(name: str, environments: list[InstalledEnvironment]) -> InstalledEnvironment | None:
    exact = [environment for environment in environments if spelling(name) in environment.spellings]
    return _only(name, exact or [environment for environment in environments if canonical(name) in environment.keys])


def _find_space(space: str, environments: list[InstalledEnvironment]) -> InstalledEnvironment | None:
    from_it = [environment for environment in environments if _space_of(environment) == space.lower()]
    if from_it:
        return _only(space, from_it)
    # It may come from the package index or a directory as well. But not from another Space of the same name.
    others = [environment for environment in environments if _space_of(environment) is None]
    return _find_package(space.split("/")[1], others)


def _space_of(environment: InstalledEnvironment) -> str | None:
    """The Space an environment was installed from."""
    prefix = space_source("")
    origin = (environment.origin or "").removeprefix("git+").removesuffix(".git")
    return origin.removeprefix(prefix).lower() if origin.startswith(prefix) else None


def _only(name: str, found: list[InstalledEnvironment]) -> InstalledEnvironment | None:
    if not found:
        return None
    if len(found) > 1:
        names = ", ".join(f"{environment.module!r} of {environment.distribution}" for environment in found)
        raise AmbiguousEnvironmentError(f"{name!r} may mean {names}: give the whole name")
    if found[0].problem is not None:
        raise ManifestError(found[0].problem)
    return found[0]
