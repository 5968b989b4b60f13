"""`openenv problems list`."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import entry_points
from typing import Annotated, Final

import typer

from openenv.cli.console import console, fail, warn

from ..problems import UnknownProblem, find
from .options import Family, print_table

CATALOGUES: Final = "openenv.problems"
"""The entry-point group of catalogues: functions without arguments that give objects with the attributes
`identifier`, `family` and `kind`. The entry point's name says whose problems they are."""

OURS: Final = "RLVE_Gym"


@dataclass(frozen=True)
class Row:
    """A problem in the list."""

    identifier: str
    family: str
    kind: str
    package: str


def command(
    family: Family = None,
    kind: Annotated[
        str | None, typer.Option("--kind", "-k", help="Only problems that ask for this.", show_default=False)
    ] = None,
    package: Annotated[
        str | None, typer.Option("--package", "-p", help="Only problems of this package.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the problems there are, those of other installed packages included."""
    rows = [
        row
        for row in _rows()
        if package in (None, row.package) and family in (None, row.family) and kind in (None, row.kind)
    ]
    if not rows:
        try:
            find(family=family, kind=kind)
        except UnknownProblem as error:
            fail(str(error), 2)
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in rows], indent=2))
        return

    from rich.table import Table

    table = Table("problem", "family", "kind", "package", box=None, pad_edge=False)
    for row in rows:
        table.add_row(row.identifier, row.family, row.kind, row.package)
    print_table(table)
    console(stderr=True).print(f"[dim]{len(rows)} problems[/dim]")


def _rows() -> Iterator[Row]:
    for found in find():
        yield Row(found.identifier, found.family, found.kind, OURS)
    for point in sorted(entry_points(group=CATALOGUES)):
        try:
            catalogue = list(point.load()())
        except Exception as error:  # another package's defect must not hide our problems
            warn(f"the catalogue of {point.name} cannot be read: {type(error).__name__}: {error}")
            continue
        for found in catalogue:
            yield Row(found.identifier, found.family, found.kind, point.name)
