"""`openenv problems curriculum`."""

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from openenv.cli.console import console, fail

from .options import print_table

VARIABLE = "RLVE_GYM_CURRICULUM"


def command(
    url: Annotated[str | None, typer.Option("--url", "-u", help="Of a running server.", show_default=False)] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", "-f", envvar=VARIABLE, help="The curriculum's file.", show_default=False),
    ] = None,
    restore: Annotated[
        Path | None,
        typer.Option(help="Replace the file's state by this one, which --json has written.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole state as JSON, to keep or restore.")] = False,
    token: Annotated[
        str | None, typer.Option(envvar="OPENENV_TOKEN", help="Bearer token of the server.", show_default=False)
    ] = None,
) -> None:
    """See how hard the problems have become, on a server or in a file."""
    if restore is not None and (url is not None or file is None):
        raise typer.BadParameter("needs --file: a state is restored into a file", param_hint="--restore")
    if url is not None:
        standings, state = _ask(url, token)
    elif file is not None:
        standings, state = _read(file, restore)
    else:
        raise typer.BadParameter(f"give --url, or --file or the variable {VARIABLE}", param_hint="--url")
    if as_json:
        typer.echo(json.dumps(state, indent=2))
        return
    _print(standings)


def _read(file: Path, restore: Path | None) -> tuple[dict[str, Any], dict[str, Any]]:
    from openenv.core.curriculum import CurriculumStoreError

    from ..server.settings import GymSettings

    if restore is None and not file.exists():
        fail(f"{file} does not exist: no curriculum was kept there yet")
    settings = GymSettings.from_environment({**os.environ, VARIABLE: str(file)})
    try:
        with settings.open_curriculum() as curriculum:
            if restore is not None:
                curriculum.set_state(json.loads(restore.read_text(encoding="utf-8")))
            return dict(curriculum.snapshot()), curriculum.get_state()
    except (CurriculumStoreError, OSError, ValueError) as error:
        fail(str(error))


def _ask(url: str, token: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    import httpx

    from openenv.core.client.open_socket import is_loopback
    from openenv.core.utils import convert_to_http_url

    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    try:
        address = f"{convert_to_http_url(url)}/curriculum"
        trust_env = not is_loopback(httpx.URL(address).host)
        with httpx.Client(headers=headers, trust_env=trust_env, timeout=10.0) as client:
            reply = client.get(address)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--url") from None
    except httpx.HTTPError as error:
        fail(f"{url} cannot be asked: {error}")
    if reply.status_code != httpx.codes.OK:
        hint = (
            ": is it a server of RLVE_Gym?" if reply.status_code == httpx.codes.NOT_FOUND else f": {reply.text[:500]}"
        )
        fail(f"{url} answered {reply.status_code}{hint}")
    body = reply.json()
    return body["problems"], body["state"]


def _print(standings: dict[str, Any]) -> None:
    if not standings:
        console().print("No problem was played with adaptive difficulty yet.")
        return
    from rich.table import Table

    table = Table("problem", box=None, pad_edge=False)
    for title in ("levels", "upper level", "results there", "accuracy"):
        table.add_column(title, justify="right")
    for name, standing in standings.items():
        accuracy = standing["accuracy"]
        table.add_row(
            name,
            f"{standing['lowest_level']}-{standing['upper_level']}",
            str(standing["upper_level"]),
            f"{standing['samples']} of {standing['minimum_samples']}",
            "-" if accuracy is None else f"{accuracy:.2f}",
        )
    print_table(table)
