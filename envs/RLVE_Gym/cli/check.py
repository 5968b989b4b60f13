"""`openenv problems check`."""

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import Future, as_completed
from typing import Annotated

import typer

from openenv.cli.console import console, fail

from ..problems.batch import make_pool
from ..problems.checks import CHECKS
from .options import Family, Workers, chosen, print_table
from .work import Checked, check

CHECK_TIMEOUT_S = 120.0

Job = tuple[str, int, str]
"""A problem, a level, a check."""


def command(
    identifiers: Annotated[list[str] | None, typer.Argument(help="Problems. Default: all.", show_default=False)] = None,
    family: Family = None,
    level: Annotated[list[int] | None, typer.Option("--level", "-l", min=0, help="Levels. [default: 0, 3, 8]")] = None,
    timeout: Annotated[float, typer.Option(min=0.001, help="Limit of one check, in seconds.")] = CHECK_TIMEOUT_S,
    workers: Workers = None,
) -> None:
    """Check that problems do what every problem does. Exit code 1 if one does not."""
    levels = level or [0, 3, 8]
    names = chosen(identifiers, family)
    jobs = [(name, its_level, check_name) for name in names for its_level in levels for check_name in CHECKS]
    outcomes = _run(jobs, timeout, workers)
    _print(names, levels, outcomes)
    failed = {job: outcome.failure for job, outcome in outcomes.items() if outcome.failure is not None}
    if failed:
        from rich.markup import escape

        for (name, its_level, check_name), failure in sorted(failed.items()):
            console().print(f"[red]{name}[/red], level {its_level}, {check_name}: {escape(str(failure))}")
        fail(f"{len(failed)} of {len(jobs)} checks failed")


def _run(jobs: Sequence[Job], timeout_s: float, workers: int | None) -> dict[Job, Checked]:
    """The outcome of every job, behind a progress bar."""
    from rich.progress import Progress

    outcomes: dict[Job, Checked] = {}
    with make_pool(workers) as pool, Progress(console=console(stderr=True), transient=True) as progress:
        bar = progress.add_task("checking", total=len(jobs))
        futures: dict[Future[Checked], Job] = {pool.submit(check, *job, timeout_s=timeout_s): job for job in jobs}
        for future in as_completed(futures):
            job, error = futures[future], future.exception()
            outcomes[job] = future.result() if error is None else Checked(timeout_s, str(error))
            progress.update(bar, advance=1, description=job[0])
    return outcomes


def _print(names: Sequence[str], levels: Sequence[int], outcomes: dict[Job, Checked]) -> None:
    """A line per problem and level: each check's outcome, and how long all took."""
    from rich.table import Table

    table = Table("problem", box=None, pad_edge=False)
    for title in ("level", *CHECKS, "time"):
        table.add_column(title, justify="right")
    seconds: dict[tuple[str, int], float] = defaultdict(float)
    for (name, level, _), outcome in outcomes.items():
        seconds[name, level] += outcome.seconds
    for name in names:
        for level in levels:
            marks = [
                "[green]ok[/green]" if outcomes[name, level, check_name].failure is None else "[red]FAILED[/red]"
                for check_name in CHECKS
            ]
            table.add_row(name, str(level), *marks, f"{seconds[name, level]:.2f} s")
    print_table(table)
