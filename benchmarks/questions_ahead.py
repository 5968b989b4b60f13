"""What making questions ahead is worth to reasoning_gym_env: ``python -m benchmarks.questions_ahead [dataset ...]``.

Plays datasets over WebSocket against two servers, one that makes questions ahead and one that does not, with a model
that thinks between reset and step. Figures are resets per second of waiting: how many, over the sum of their times.
"""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import count
from pathlib import Path
from statistics import fmean
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from envs.reasoning_gym_env import ReasoningGymAction, ReasoningGymEnv
from envs.reasoning_gym_env.catalogue import catalogue

ROOT: Final = Path(__file__).resolve().parent.parent
SEEDS: Final = count(1000)
"""A server keeps what it has made: each measurement needs questions that were never asked before."""
SIZE: Final = 10_000
TURN: Final = 5
"""Resets measured of one server before it is the other's turn."""
RANKING: Final = 10
"""Resets of each dataset by which the median and the slowest are found."""

Row = dict[str, Any]


@contextmanager
def playing(prepare_ahead: int) -> Iterator[ReasoningGymEnv]:
    """A client of a server of its own that makes so many questions ahead."""
    variables = {"REASONING_GYM_PREPARE_AHEAD": str(prepare_ahead)}
    with ReasoningGymEnv.from_process(ROOT / "envs" / "reasoning_gym_env", env_vars=variables) as env:
        env.reset()  # the workers load the library
        yield env


def timed_reset(env: ReasoningGymEnv, think_s: float) -> float:
    """How long the reset after an episode takes, in seconds."""
    time.sleep(think_s)
    env.step(ReasoningGymAction(answer=""))
    started = time.perf_counter()
    env.reset()
    return time.perf_counter() - started


def ranked(env: ReasoningGymEnv) -> dict[str, float]:
    """The mean time of a reset of every dataset in seconds, fastest first."""
    means = {}
    seed = next(SEEDS)
    for entry in catalogue():
        env.reset(dataset_name=entry.identifier, seed=seed, size=SIZE)
        means[entry.identifier] = fmean(timed_reset(env, 0.0) for _ in range(RANKING))
    return dict(sorted(means.items(), key=lambda item: item[1]))


def measured(dataset: str, think_s: float, turns: int, plain: ReasoningGymEnv, ahead: ReasoningGymEnv) -> Row:
    """How long the resets of each turn took together, in seconds, without and with questions made ahead."""
    times: dict[str, list[float]] = {"without_s": [], "ahead_s": []}
    seed = next(SEEDS)
    for env in (plain, ahead):
        env.reset(dataset_name=dataset, seed=seed, size=SIZE)
        env.step(ReasoningGymAction(answer=""))
        env.reset()  # whoever goes on with a dataset is expected to go on
    for _ in range(turns):
        for name, env in (("without_s", plain), ("ahead_s", ahead)):  # in turn: what else goes on meets both
            timed_reset(env, think_s)  # not measured: the other's turn was time to make questions, too
            times[name].append(sum(timed_reset(env, think_s) for _ in range(TURN)))
    return {"dataset": dataset, "think_s": think_s, **times}


def rendered(rows: Sequence[Row]) -> Table:
    """The figures as a table for the terminal."""
    table = Table(title="resets per second, without and with questions made ahead", title_justify="left")
    for name in ("dataset", "thinking", "without", "ahead", "ratio", "(range)"):
        table.add_column(name, justify="left" if name == "dataset" else "right", no_wrap=True)
    for row in rows:
        without_s, ahead_s = row["without_s"], row["ahead_s"]
        resets = TURN * len(without_s)
        ratios = [one / other for one, other in zip(without_s, ahead_s, strict=True)]
        table.add_row(
            row["dataset"],
            f"{row['think_s']:g} s",
            f"{resets / sum(without_s):,.1f}",
            f"{resets / sum(ahead_s):,.1f}",
            f"{sum(without_s) / sum(ahead_s):.3g}",
            f"{min(ratios):.3g}-{max(ratios):.3g}",
        )
    return table


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print; every sample goes to ``benchmarks/results``."""
    parser = argparse.ArgumentParser(prog="questions_ahead", description=__doc__)
    parser.add_argument("datasets", nargs="*", help="default: the dataset of the median time, and the slowest")
    parser.add_argument("--turns", type=int, default=5, help=f"turns of {TURN} resets of each server (default 5)")
    parser.add_argument("--think", type=float, nargs="+", default=[1.0], metavar="S", help="seconds of thinking")
    parser.add_argument("--ahead", type=int, default=2, help="how many questions are made ahead (default 2)")
    parser.add_argument("--output", type=Path, help="JSON file (default: in benchmarks/results)")
    options = parser.parse_args(arguments)
    console = Console(width=120 if not sys.stdout.isatty() else None, highlight=False)
    progress = Console(stderr=True, highlight=False)
    machine = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "processors": len(os.sched_getaffinity(0)),
        "load_average": os.getloadavg()[0],
        "reasoning-gym": version("reasoning-gym"),
    }
    ranking: dict[str, float] = {}
    rows = []
    with playing(0) as plain, playing(options.ahead) as ahead:
        if not options.datasets:
            progress.print("ranking all datasets by the time of a reset")
            ranking = ranked(plain)
        names = list(ranking)
        for dataset in options.datasets or [names[len(names) // 2], names[-1]]:
            for think_s in options.think:
                progress.print(f"{dataset}, {think_s:g} s of thinking")
                rows.append(measured(dataset, think_s, options.turns, plain, ahead))
    console.print(rendered(rows))
    console.print(", ".join(f"{name} {value}" for name, value in machine.items()))
    path = options.output or ROOT / "benchmarks" / "results" / f"ahead-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"machine": machine, "rows": rows, "reset_s": ranking}, indent=1) + "\n")
    console.print(f"written to {os.path.relpath(path)}", soft_wrap=True)


if __name__ == "__main__":
    main()
