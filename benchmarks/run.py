"""Measure this package beside the public one and print the table: ``python benchmarks/run.py --help``."""

import argparse
import os
import sys
from dataclasses import asdict
from pathlib import Path
from statistics import median

from rich.console import Console

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # this is a script

from benchmarks.peer_env import make_peer, peer_python
from benchmarks.record import machine, write
from benchmarks.table import findings, rendered
from benchmarks.topics import TOPICS, Plan, Samples


def main() -> int:
    """Run the topics chosen; 1 where one could not be measured, or missed its target and ``--strict`` is given."""
    options = _options()
    console = Console(width=150 if not sys.stdout.isatty() else None, highlight=False)
    progress = Console(stderr=True, highlight=False)
    peer = None if options.no_peer else peer_python() or make_peer()
    cpus = sorted(os.sched_getaffinity(0))
    plan = Plan(
        ours=Path(sys.executable),
        peer=peer,
        repetitions=options.repetitions,
        duration_s=options.duration,
        server_cpu=cpus[-1] if len(cpus) > 1 else None,
        client_cpu=cpus[0] if len(cpus) > 1 else None,
        progress=progress.print,
    )
    if len(cpus) < 2:
        progress.print("only one processor: server and generator share it, and the ratios say less")
    measured_on = machine(plan, cpus)
    results: dict[str, Samples] = {}
    broken: dict[str, str] = {}
    for topic in options.topics:
        try:
            results[topic] = TOPICS[topic](plan)
        except (RuntimeError, OSError) as error:  # the other topics' figures are worth having all the same
            broken[topic] = str(error)
            progress.print(f"[red]{topic} failed:[/] {error}", markup=True)
    found = list(findings(results))

    console.print(rendered(found))
    for who, versions in measured_on["versions"].items():
        console.print(f"{who}: " + ", ".join(f"{name} {number}" for name, number in versions.items()))
    for remark in _remarks(results):
        console.print(remark)
    document = {
        "machine": measured_on,
        "lines": [{**asdict(entry), "met": entry.met} for entry in found],
        "samples": results,
        "broken": broken,
    }
    console.print(f"written to {write(document, options.output)}", soft_wrap=True)
    missed = options.strict and any(entry.met is False for entry in found)
    return 1 if broken or missed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__)
    parser.add_argument(
        "topics",
        nargs="*",
        metavar="TOPIC",
        help=f"which to measure: {', '.join(TOPICS)} (default: all but install, which is slow)",
    )
    parser.add_argument("--repetitions", type=int, default=5, help="samples of each variant (default 5)")
    parser.add_argument("--duration", type=float, default=5.0, metavar="S", help="length of one steady sample")
    parser.add_argument("--quick", action="store_true", help="2 repetitions of 2 s: for a look, not for figures")
    parser.add_argument("--no-peer", action="store_true", help="leave the public package out")
    parser.add_argument("--output", type=Path, help="JSON file (default: in benchmarks/results)")
    parser.add_argument("--strict", action="store_true", help="exit 1 where a target is missed")
    options = parser.parse_args()
    unknown = set(options.topics) - set(TOPICS)
    if unknown:
        parser.error(f"unknown topic {', '.join(sorted(unknown))}; there are {', '.join(TOPICS)}")
    if options.repetitions < 1 or options.duration <= 0:
        parser.error("--repetitions must be at least 1 and --duration positive")
    options.topics = options.topics or [topic for topic in TOPICS if topic != "install"]
    if options.quick:
        options.repetitions, options.duration = 2, 2.0
    return options


def _remarks(results: dict[str, Samples]) -> list[str]:
    """What a reader has to know before trusting the figures."""
    remarks = []
    for topic, samples in results.items():
        for variant, taken in samples.items():
            errors = [error for sample in taken for error in sample.get("errors", {})]
            if errors:
                remarks.append(f"{topic}, {variant}: errors, such as: {errors[0][:200]}")
            if max((sample.get("generator_load", 0.0) for sample in taken), default=0.0) > 0.9:
                remarks.append(f"{topic}, {variant}: the load generator was at its limit")
        others = [sample["other_load"] for taken in samples.values() for sample in taken if "other_load" in sample]
        if others and median(others) > 0.2:
            remarks.append(
                f"{topic}: other processes kept {median(others):.1f} processors busy meanwhile; "
                "processor time a step says more than steps per second then"
            )
    return remarks


if __name__ == "__main__":
    sys.exit(main())
