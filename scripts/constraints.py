"""Write a constraints file: the versions, in this environment, of everything that requirements pull in.

Run it in an environment where the tests have just passed: ``python scripts/constraints.py FILE REQUIREMENT...``.
"""

import re
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

HEADER = """\
# The versions the tests run with; names and versions only. Written by scripts/constraints.py.
"""


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def closure(requirements: list[Requirement]) -> dict[str, str]:
    """Versions by name of what the requirements pull in on this machine."""
    versions: dict[str, str] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    todo = list(requirements)
    while todo:
        requirement = todo.pop()
        key = (normalized(requirement.name), frozenset(requirement.extras))
        if key in seen:
            continue
        seen.add(key)
        try:
            found = distribution(requirement.name)
        except PackageNotFoundError:
            continue
        versions[key[0]] = found.version
        for line in found.requires or []:
            further = Requirement(line)
            extras = ("", *requirement.extras)
            if further.marker is None or any(further.marker.evaluate({"extra": extra}) for extra in extras):
                todo.append(further)
    return versions


def main() -> None:
    file, *requirements = sys.argv[1:]
    versions = closure([Requirement(requirement) for requirement in requirements])
    pins = [f"{name}=={version}" for name, version in sorted(versions.items()) if not name.startswith("openenv")]
    Path(file).write_text(HEADER + "\n".join(pins) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
