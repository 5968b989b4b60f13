"""A typer group whose commands are imported when they are used."""

from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from .console import fail

ENTRY_POINT_GROUP: Final = "openenv.commands"
"""Where installed packages contribute commands; see :mod:`openenv.cli`."""


@dataclass(frozen=True)
class BuiltIn:
    """A command of this package: the module that holds it (as ``command``), and its line in the help."""

    module: str
    help: str

    def load(self) -> Any:
        return import_module(self.module).command


@dataclass(frozen=True)
class Contributed:
    """A command that an installed package contributes."""

    entry_point: EntryPoint

    @property
    def help(self) -> str:
        distribution = self.entry_point.dist
        if distribution is None:
            return ""
        return str(distribution.metadata.json.get("summary") or f"Command of {distribution.name}.")

    def load(self) -> Any:
        try:
            return self.entry_point.load()
        except Exception as error:
            distribution = self.entry_point.dist
            source = self.entry_point.value if distribution is None else f"the package {distribution.name}"
            fail(f"command '{self.entry_point.name}' of {source} cannot be loaded: {type(error).__name__}: {error}")


BUILT_IN: Final = {
    "init": BuiltIn("openenv.cli.commands.init", "Create a new environment."),
    "serve": BuiltIn("openenv.cli.commands.serve", "Serve an environment on this machine."),
    "validate": BuiltIn("openenv.cli.commands.validate", "Check an environment's directory or a running server."),
}


def _to_click(name: str, target: Any) -> Any:
    """The click command for a ``typer.Typer``, a function, or what is a click command already."""
    if hasattr(target, "make_context"):
        return target
    if not isinstance(target, typer.Typer):
        wrapper = typer.Typer(add_completion=False)
        wrapper.command(name)(target)
        target = wrapper
    command = typer.main.get_command(target)
    command.name = name
    return command


class LazyGroup(TyperGroup):
    """Shows commands without importing them, and imports the one that is invoked."""

    def _sources(self) -> dict[str, BuiltIn | Contributed]:
        """Every command by name. A contributed one never replaces one of ours."""
        contributed = {point.name: Contributed(point) for point in entry_points(group=ENTRY_POINT_GROUP)}
        return {**BUILT_IN, **{name: contributed[name] for name in sorted(contributed) if name not in BUILT_IN}}

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self._sources())

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A stand-in with the command's name and help: what listing and completion need."""
        source = self._sources().get(cmd_name)
        return None if source is None else TyperCommand(name=cmd_name, help=source.help)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        # What typer draws its suggestions for a mistyped name from.
        self.commands = {} if args[0] in BUILT_IN else {name: TyperCommand(name=name) for name in self._sources()}
        name, stand_in, rest = super().resolve_command(ctx, args)
        if name is None or stand_in is None:
            return name, stand_in, rest
        return name, _to_click(name, self._sources()[name].load()), rest

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            typer.echo("\nOperation cancelled by user.")
            raise typer.Exit(130) from None
