"""`openenv problems sample`."""

import json
import sys
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, TextIO

import typer

from openenv.cli.console import fail, warn

from ..problems.batch import GENERATION_TIMEOUT_S, make_pool
from .options import Family, Level, Limit, Seed, Workers, chosen
from .work import Drawn, draw


def command(
    identifiers: Annotated[list[str] | None, typer.Argument(help="Problems. Default: all.", show_default=False)] = None,
    family: Family = None,
    level: Level = 0,
    seed: Seed = 0,
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="Samples per problem, with growing seeds.")] = 1,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write. Default: standard output.", show_default=False)
    ] = None,
    answer: Annotated[bool, typer.Option(help="With the reference answer.")] = True,
    parameter: Annotated[bool, typer.Option(help="With the whole instance, hidden parts included.")] = False,
    timeout: Limit = GENERATION_TIMEOUT_S,
    workers: Workers = None,
) -> None:
    """Write sampled problems as JSON lines, for datasets. Exit code 1 if some could not be generated."""
    wanted = [(name, seed + i) for name in chosen(identifiers, family) for i in range(count)]
    left_out = [name for name, written in (("reference_answer", answer), ("parameter", parameter)) if not written]
    failures = 0
    try:
        target: TextIO | None = None if output is None else output.open("w", encoding="utf-8")
    except OSError as error:
        fail(f"{output} cannot be written: {error.strerror}")
    with nullcontext(sys.stdout) if target is None else target as file, make_pool(workers) as pool:
        names, seeds = zip(*wanted, strict=True) if wanted else ((), ())
        levels = [level] * len(wanted)
        drawn = pool.map(draw, names, seeds, levels, timeout_s=timeout, chunk_size=8, return_errors=True)
        for (name, its_seed), outcome in zip(wanted, drawn, strict=True):
            if isinstance(outcome, Drawn):
                row = {key: value for key, value in asdict(outcome).items() if key not in left_out}
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
            else:
                failures += 1
                warn(f"{name}, level {level}, seed {its_seed}: {outcome}")
    if failures:
        fail(f"{failures} of {len(wanted)} samples could not be generated")
