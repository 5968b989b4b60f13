"""Tables of what is installed."""

from collections.abc import Sequence
from typing import Final

_PIPED_WIDTH: Final = 160  # characters, where no terminal says how many there are


def print_environments(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table to standard output, or that there is nothing to show."""
    from rich.console import Console
    from rich.table import Table

    console = Console(markup=False, highlight=False)
    if not rows:
        console.print("No environment is installed: they are distributions named openenv-<name>.")
        return
    if not console.is_terminal:
        console.width = _PIPED_WIDTH
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table)
