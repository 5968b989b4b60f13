"""`openenv problems show`."""

from typing import Annotated

import typer

from openenv.cli.console import console, fail

from ..problems import entry, get
from ..problems.batch import GENERATION_TIMEOUT_S, make_pool
from .options import Level, Limit, Seed, chosen
from .work import draw


def command(
    identifier: Annotated[str, typer.Argument(help="The problem.", show_default=False)],
    level: Level = 0,
    seed: Seed = 0,
    answer: Annotated[bool, typer.Option(help="Show the reference answer, too.")] = True,
    timeout: Limit = GENERATION_TIMEOUT_S,
) -> None:
    """Show a problem: its prompt and its reference answer at a level."""
    (identifier,) = chosen([identifier], None)
    try:
        with make_pool(1) as pool:
            drawn = pool.submit(draw, identifier, seed, level, timeout_s=timeout).result()
    except Exception as error:
        fail(f"{identifier} gives no problem at level {level} with seed {seed}: {error}")
    from rich.markup import escape

    about = entry(identifier)
    out = console()
    out.print(
        f"[bold]{identifier}[/bold]  [dim]{about.family}, asks for: {about.kind}, level {level}, seed {seed}[/dim]\n"
    )
    out.print(escape(drawn.prompt))
    if answer:
        out.print(f"\n[bold]Reference answer[/bold]\n{escape(drawn.reference_answer)}")
    arguments = ", ".join(f"{name}={value!r}" for name, value in get(identifier).arguments().items())
    out.print(f"\n[dim]Arguments: {escape(arguments)}[/dim]")
