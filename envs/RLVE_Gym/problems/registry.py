"""Finding problems: by identifier, family and kind, without importing any until it is used."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from .catalogue import FAMILIES
from .kit.errors import UnknownProblem
from .kit.problem import Problem


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the catalogue; `module` is the file <family>/<module>.py beside this one."""

    identifier: str
    family: str
    module: str
    kind: str

    @property
    def available(self) -> bool:
        return self.module in _modules(self.family)


def catalogue() -> dict[str, Entry]:
    """Every problem of the gym by identifier, those not written yet included."""
    return dict(_catalogue())


def find(*, family: str | None = None, kind: str | None = None) -> list[Entry]:
    """The available problems, in the order of the catalogue.

    Raises:
        UnknownProblem: no such family or kind.
    """
    _check("family", family, families())
    _check("kind", kind, kinds())
    return [
        entry
        for entry in _catalogue().values()
        if family in (None, entry.family) and kind in (None, entry.kind) and entry.available
    ]


def families() -> list[str]:
    """The families there are."""
    return list(FAMILIES)


def kinds() -> list[str]:
    """The kinds there are."""
    return sorted({entry.kind for entry in _catalogue().values()})


def entry(identifier: str) -> Entry:
    """The catalogue's line of an available problem.

    Raises:
        UnknownProblem: no such problem, with the nearest names; or one that this installation lacks.
    """
    found = _catalogue().get(identifier)
    if found is None:
        raise UnknownProblem(f"no problem is named {identifier!r:.100}{_nearest(identifier, list(_catalogue()))}")
    if not found.available:
        raise UnknownProblem(f"the problem {identifier} is in the catalogue, but its module is not installed")
    return found


def load(identifier: str) -> type[Problem[Any]]:
    """The class of a problem; imports its module on first use.

    Raises:
        UnknownProblem: see `entry`.
    """
    found = entry(identifier)
    module = import_module(f".{found.family}.{found.module}", __package__)
    problem: type[Problem[Any]] = getattr(module, identifier)
    return problem


def get(identifier: str, **arguments: Any) -> Problem[Any]:
    """A problem with its default arguments, or with some overridden (see `Problem`).

    Raises:
        UnknownProblem: see `entry`.
        TypeError, ValueError: arguments the problem does not accept.
    """
    return load(identifier)(**arguments)


@cache
def _catalogue() -> dict[str, Entry]:
    return {found.identifier: found for found in _entries()}


def _entries() -> Iterator[Entry]:
    for family, problems in FAMILIES.items():
        for identifier, (module, kind) in problems.items():
            yield Entry(identifier, family, module, kind)


@cache
def _modules(family: str) -> frozenset[str]:
    return frozenset(path.stem for path in (Path(__file__).parent / family).glob("*.py"))


def _check(what: str, name: str | None, names: list[str]) -> None:
    if name is not None and name not in names:
        raise UnknownProblem(f"no {what} is named {name!r:.100}{_nearest(name, names)}")


def _nearest(name: str, names: list[str]) -> str:
    from difflib import get_close_matches  # used for this message only

    lower = {candidate.lower(): candidate for candidate in names}
    matches = [lower[match] for match in get_close_matches(str(name)[:100].lower(), lower, n=3)]
    return f"; did you mean {' or '.join(matches)}?" if matches else f"; there are {len(names)}"
