"""``openenv``: create, serve and check environments."""

import sys
from io import TextIOWrapper
from typing import Annotated

import typer

from .lazy_group import LazyGroup

app = typer.Typer(
    name="openenv",
    cls=LazyGroup,
    help="OpenEnv: environments for reinforcement-learning post-training of language models.",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        import openenv

        typer.echo(f"openenv {openenv.__version__}")
        raise typer.Exit()


@app.callback(invoke_without_command=True)
def _openenv(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """The options before a command."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(2)


def main() -> None:
    """Run the command line; always ends with ``SystemExit``."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without "✓" shows "?" there
    try:
        app()
    except KeyboardInterrupt:
        typer.echo("\nOperation cancelled by user.")
        sys.exit(130)
    except Exception as error:
        typer.echo(f"Error: {error or type(error).__name__}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
