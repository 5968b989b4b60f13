"""What the commands have in common: their options, and how they choose problems and print tables."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from openenv.cli.console import console, fail

from ..problems import UnknownProblem, entry, find

if TYPE_CHECKING:
    from rich.table import Table

Level = Annotated[int, typer.Option("--level", "-l", min=0, help="Difficulty level.")]
Seed = Annotated[int, typer.Option("--seed", "-s", min=0, help="Seed of the problem, or of the first one.")]
Family = Annotated[str | None, typer.Option("--family", "-f", help="Only problems of this family.", show_default=False)]
Limit = Annotated[float, typer.Option("--timeout", min=0.001, help="Limit of one problem, in seconds.")]
Workers = Annotated[
    int | None,
    typer.Option("--workers", "-w", min=1, help="Worker processes. Default: one per core.", show_default=False),
]

_PLAIN_WIDTH = 200  # where no terminal says how wide it is, cells stay whole


def chosen(names: list[str] | None, family: str | None) -> list[str]:
    """The identifiers a command is for: those named, or all of a family, or all there are.

    Raises:
        typer.Exit: with 2, after saying what is wrong, for names that do not exist.
    """
    try:
        if names:
            return [entry(name).identifier for name in names]
        return [found.identifier for found in find(family=family)]
    except UnknownProblem as error:
        fail(str(error), 2)


def print_table(table: "Table", **options: Any) -> None:
    """Print a table, never narrower than its cells where the output goes to no terminal."""
    out = console()
    if not out.is_terminal:
        out.width = max(out.width, _PLAIN_WIDTH)
    out.print(table, **options)
