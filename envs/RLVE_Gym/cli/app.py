"""The command group; each command has a module of its own."""

import typer

from . import check, curriculum, listing, sample, show

app = typer.Typer(
    name="problems",
    no_args_is_help=True,
    help="Problems verified by program: list, show, sample and check them, and see how hard they have become.",
)
app.command("list")(listing.command)
app.command("show")(show.command)
app.command("sample")(sample.command)
app.command("check")(check.command)
app.command("curriculum")(curriculum.command)

if __name__ == "__main__":
    app()
