"""``openenv validate``: check an environment's directory or a running server."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from ..console import console, fail


def command(
    target: Annotated[
        str | None,
        typer.Argument(help="An environment's directory, or the URL of a running server. Default: where you are."),
    ] = None,
    url: Annotated[str | None, typer.Option("--url", help="URL of a running server.")] = None,
    local: Annotated[bool, typer.Option("--local", help="TARGET is a directory.")] = False,
    timeout: Annotated[float, typer.Option(min=0.001, help="Seconds each request to the server may take.")] = 5.0,
    token: Annotated[str | None, typer.Option(envvar="OPENENV_TOKEN", help="The server's bearer token.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    output: Annotated[Path | None, typer.Option("--output", help="Write the JSON report to this file too.")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show what passed as well.")] = False,
) -> None:
    """Check an environment's directory or a running server.

    Ends with 0 if everything required is there, 1 if not, 2 if the environment follows a specification that this
    version does not know, 3 if the check itself broke.
    """
    target_is_url = target is not None and "://" in target
    if (url is not None and target is not None) or (local and (url is not None or target_is_url)):
        fail("give either a directory or the URL of a running server, not both")
    try:
        if url is not None or target_is_url:
            passed, report, lines = _check_server(str(url or target), timeout, token)
        else:
            passed, report, lines = _check_directory(Path(target or "."), verbose)
    except typer.Exit:
        raise
    except Exception as error:
        fail(f"the check itself broke: {type(error).__name__}: {error}", exit_code=3)

    document = json.dumps(report, indent=2)
    if output is not None:
        try:
            output.write_text(document + "\n", encoding="utf-8")
        except OSError as error:
            fail(f"the report cannot be written: {error}")
    if as_json:
        typer.echo(document)
    else:
        console().print("\n".join(lines))
    raise typer.Exit(0 if passed else 1)


def _check_server(url: str, timeout_s: float, token: str | None) -> tuple[bool, dict[str, Any], list[str]]:
    from ..validation.server import validate_server

    report = validate_server(url, timeout_s=timeout_s, token=token)
    lines = []
    for criterion in report.criteria:
        mark = "[green]PASS[/green]" if criterion.passed else "[red]FAIL[/red]"
        reason = f": {criterion.details}" if criterion.details else ""
        lines.append(f"{mark}  {escape(criterion.id + reason)}")
    verdict = "[green]pass[/green]" if report.passed else "[red]fail[/red]"
    return report.passed, report.as_dict(), [*lines, f"Verdict: {verdict} {escape(f'({report.mode} mode)')}"]


def _check_directory(path: Path, verbose: bool) -> tuple[bool, dict[str, Any], list[str]]:
    from ..validation.directory import UnsupportedEnvironmentError, validate_directory

    if not path.is_dir():
        fail(f"{path} is not a directory")
    try:
        report = validate_directory(path)
    except UnsupportedEnvironmentError as error:
        fail(str(error), exit_code=2)
    name = escape(report.environment)
    if report.passed:
        lines = [rf"[green]\[OK][/green] {name}: Ready for multi-mode deployment"]
    else:
        lines = [
            rf"[red]\[FAIL][/red] {name}: Not ready for multi-mode deployment",
            "",
            "Issues found:",
            *(f"  - {escape(issue)}" for issue in report.issues),
        ]
    lines += [f"[yellow]Warning:[/yellow] {escape(warning)}" for warning in report.warnings]
    if verbose:
        lines += ["", "Supported deployment modes:"]
        lines += [rf"  \[{'YES' if works else 'NO'}] {mode}" for mode, works in report.deployment_modes.items()]
    return report.passed, report.as_dict(), lines
