"""Measure RLVE_Gym and print the tables: ``python benchmarks/rlve_gym.py --help``."""

import argparse
import json
import os
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # this is a script

from benchmarks.peer_env import ROOT
from benchmarks.record import machine, write
from benchmarks.serving import serving
from benchmarks.topics import Plan, Sample, Samples
from envs.RLVE_Gym import problems

LEVELS: Final = (0, 5, 20, 40)
SLOWEST: Final = 10
IMPORTS: Final = {
    "import RLVE_Gym": 0.3,
    "import RLVE_Gym.problems": 0.3,
    "from RLVE_Gym import RlveGymEnv": None,
    "import openenv.core.env_client": None,
}
"""Statements and their targets in seconds."""

SERVERS: Final = {"1 process": (), "2 processes": ("--workers", "2")}
GYMS: Final = {
    "Multiplication, level 0": {"RLVE_GYM_ENVIRONMENT_IDENTIFIER": "Multiplication", "RLVE_GYM_DIFFICULTY": "0"},
    "all problems, level 5": {"RLVE_GYM_ENVIRONMENT_IDENTIFIER": "all", "RLVE_GYM_DIFFICULTY": "5"},
}
VERBS: Final = ("resets", "steps", "episodes")

Figures = dict[str, dict[str, dict[str, Any]]]
"""By problem and level, as `benchmarks.problem_timing` gives them."""


def main() -> int:
    """Run the topics chosen."""
    parser = argparse.ArgumentParser(prog="rlve_gym.py", description=__doc__)
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help=f"default: all of {', '.join(TOPICS)}")
    parser.add_argument("--problem", action="append", metavar="IDENTIFIER", help="default: all there are; repeatable")
    parser.add_argument("--repetitions", type=int, default=5, help="samples of each variant (default 5)")
    parser.add_argument("--duration", type=float, default=5.0, metavar="S", help="length of one sample of a server")
    parser.add_argument("--output", type=Path, help="JSON file (default: in benchmarks/results)")
    options = parser.parse_args()
    for topic in options.topics:
        if topic not in TOPICS:
            parser.error(f"unknown topic {topic}; there are {', '.join(TOPICS)}")
    progress = Console(stderr=True, highlight=False)
    cpus = sorted(os.sched_getaffinity(0))
    plan = Plan(
        ours=Path(sys.executable),
        peer=None,
        repetitions=options.repetitions,
        duration_s=options.duration,
        server_cpu=None,
        client_cpu=cpus[0],
        progress=progress.print,
    )
    console = Console(width=150 if not sys.stdout.isatty() else None, highlight=False)
    document: dict[str, Any] = {"machine": machine(plan, cpus)}
    for topic in options.topics or TOPICS:
        samples, tables = TOPICS[topic](plan, options.problem or [entry.identifier for entry in problems.find()])
        document[topic] = samples
        for table in tables:
            console.print(table)
    console.print(f"written to {write(document, options.output)}", soft_wrap=True)
    return 0


def timing(plan: Plan, identifiers: list[str]) -> tuple[Figures, list[Table]]:
    """Generation, prompt and verification of every problem at every level, on one core."""
    figures: Figures = {}
    for identifier in identifiers:
        plan.progress(f"problems: {identifier}")
        output = plan.run(sys.executable, "-m", "benchmarks.problem_timing", identifier, *map(str, LEVELS))
        figures[identifier] = json.loads(output)
    return figures, [_medians(figures), _slowest(figures, "generate_ms"), _slowest(figures, "verify_ms")]


def _medians(figures: Figures) -> Table:
    table = Table("level", "problems", title="Medians over the problems, processor time", title_justify="left")
    kinds = {
        "generate_ms": "generate",
        "prompt_ms": "prompt",
        "verify_ms": "verify",
        "verify_worst_ms": "verify, worst",
    }
    for title in (*kinds.values(), "prompt length", "refused by"):
        table.add_column(title, justify="right")
    for level in map(str, LEVELS):
        found = [levels[level] for levels in figures.values() if "refused" not in levels[level]]
        refused = [identifier for identifier, levels in figures.items() if "refused" in levels[level]]
        length = statistics.median(entry["prompt_characters"] for entry in found)
        cells = (f"{statistics.median(entry[kind] for entry in found):.3f} ms" for kind in kinds)
        table.add_row(level, str(len(found)), *cells, f"{length:,.0f}", ", ".join(refused))
    return table


def _slowest(figures: Figures, kind: str) -> Table:
    title = {"generate_ms": "Slowest to generate", "verify_ms": "Slowest to verify"}[kind]
    table = Table(title=f"{title}, processor time in ms", title_justify="left")
    columns = []
    for level in map(str, LEVELS):
        table.add_column(f"level {level}")
        found = {name: levels[level] for name, levels in figures.items() if "refused" not in levels[level]}
        ranked = sorted(found, key=lambda name: found[name][kind], reverse=True)[:SLOWEST]
        columns.append([f"{_short(name)} {found[name][kind]:,.3g}" for name in ranked])
    for row in zip(*columns, strict=False):
        table.add_row(*row)
    return table


def _short(name: str) -> str:
    return name if len(name) <= 28 else name[:26] + "…"


def imports(plan: Plan, _: list[str]) -> tuple[Samples, list[Table]]:
    """Imports in fresh processes."""
    samples: Samples = defaultdict(list)
    for statement in plan.in_turn(dict.fromkeys(IMPORTS), "import"):
        script = f"import time; t = time.perf_counter(); {statement}; print(time.perf_counter() - t)"
        samples[statement].append({"seconds": float(plan.run(sys.executable, "-c", script))})
    table = Table("statement", "seconds", "target", title="Import, fresh process", title_justify="left")
    for statement, target in IMPORTS.items():
        seconds = statistics.median(sample["seconds"] for sample in samples[statement])
        table.add_row(statement, f"{seconds:.3f}", "" if target is None else f"at most {target:g}")
    return samples, [table]


def server(plan: Plan, _: list[str]) -> tuple[dict[str, Samples], list[Table]]:
    """Resets and steps per second through a server with one process and with two."""
    results: dict[str, Samples] = {}
    table = Table(title="Through the server, 32 sessions in a closed loop", title_justify="left")
    for heading in ("", *SERVERS, "ratio", "(range)", "p99, 1 process"):
        table.add_column(heading, justify="right" if heading else "left", no_wrap=True)
    for gym, variables in GYMS.items():
        samples = results[gym] = _served(plan, gym, variables)
        for verb in VERBS:
            one, two = (
                [sample[f"{verb}_per_s"] for sample in samples[name] if f"{verb}_per_s" in sample] for name in SERVERS
            )
            ratios = [b / a for a, b in zip(one, two, strict=True)]
            p99 = statistics.median(s["p99_ms"] for s in samples["1 process"] if f"{verb}_per_s" in s)
            table.add_row(
                f"{gym}: {verb}",
                f"{statistics.median(one):,.0f}/s",
                f"{statistics.median(two):,.0f}/s",
                f"{statistics.median(ratios):.2f}",
                f"{min(ratios):.2f}-{max(ratios):.2f}",
                f"{p99:,.1f} ms",
            )
    return results, [table]


def _served(plan: Plan, gym: str, variables: dict[str, str]) -> Samples:
    samples: Samples = defaultdict(list)
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(
                serving(plan.ours, "RLVE_Gym.server.app:app", ROOT, environment=variables, arguments=arguments)
            )
            for name, arguments in SERVERS.items()
        }
        for running in servers.values():
            running.get("/health")
        for name in plan.in_turn(servers, gym):
            for verb in VERBS:
                samples[name].append(_sample(plan, servers[name].url, verb))
    return samples


def _sample(plan: Plan, url: str, verb: str) -> Sample:
    command = (sys.executable, "-m", "benchmarks.gym_load", url, verb, "--duration", str(plan.duration_s))
    sample: Sample = json.loads(plan.run(*command))
    return sample


Topic = Callable[[Plan, list[str]], tuple[Any, list[Table]]]
TOPICS: Final[dict[str, Topic]] = {"problems": timing, "import": imports, "server": server}


if __name__ == "__main__":
    sys.exit(main())
