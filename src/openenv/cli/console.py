"""How commands speak: rich on a terminal, plain text elsewhere."""

from typing import TYPE_CHECKING, NoReturn

import typer

if TYPE_CHECKING:
    from rich.console import Console


def console(*, stderr: bool = False) -> "Console":
    """A console on the stream as it is now. Lines are never wrapped: paths and messages stay whole."""
    from rich.console import Console

    return Console(stderr=stderr, soft_wrap=True, highlight=False)


def warn(message: str) -> None:
    """Print a warning on stderr."""
    from rich.markup import escape

    console(stderr=True).print(f"[yellow]Warning:[/yellow] {escape(message)}")


def fail(message: str, exit_code: int = 1) -> NoReturn:
    """Print an error on stderr and end the command.

    Raises:
        typer.Exit: with ``exit_code``.
    """
    from rich.markup import escape

    console(stderr=True).print(f"[red]Error:[/red] {escape(message)}")
    raise typer.Exit(exit_code)
