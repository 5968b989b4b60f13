"""The table: what is compared with what, and which ratio is the target."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Final, Literal

from rich.table import Table

from benchmarks.topics import Samples


@dataclass(frozen=True)
class Line:
    """One comparison.

    Attributes:
        title: what is measured.
        topic, metric: where the samples are.
        unit: of the metric.
        variant, against: the two compared; without ``against`` the value itself is held to the target.
        target: bound of the ratio (or value); None for a line that only informs.
        bound: which side of the target is wanted.
    """

    title: str
    topic: str
    metric: str
    unit: str
    variant: str = "ours"
    against: str | None = "peer"
    target: float | None = None
    bound: Literal["at least", "at most"] = "at most"


LINES: Final = (
    Line("plain echo, 64 sessions", "plain", "steps_per_s", "steps/s", target=2.5, bound="at least"),
    Line("  against bare Starlette + orjson", "plain", "steps_per_s", "steps/s", "ours", "bare", 0.7, "at least"),
    Line("  step not declared cheap (threads)", "plain", "steps_per_s", "steps/s", "threads", bound="at least"),
    Line("  server processor time a step", "plain", "cpu_us_per_step", "µs"),
    Line("  the same against bare Starlette", "plain", "cpu_us_per_step", "µs", "ours", "bare"),
    Line("  latency, 99th percentile", "plain", "p99_ms", "ms", target=0.5),
    Line("MCP echo, 64 sessions", "mcp", "steps_per_s", "steps/s", target=8.0, bound="at least"),
    Line("  server processor time a step", "mcp", "cpu_us_per_step", "µs"),
    Line("  latency, 99th percentile", "mcp", "p99_ms", "ms"),
    Line("1,024 sessions, connect + reset + 20 steps", "burst", "steps_per_s", "steps/s", target=2.5, bound="at least"),
    Line("  sessions that met an error", "burst", "failed", "", against=None, target=0.0),
    Line("  server processor time a step", "burst", "cpu_us_per_step", "µs"),
    Line("  step not declared cheap (threads)", "burst", "steps_per_s", "steps/s", "threads", bound="at least"),
    Line("synchronous client, one session", "sync", "steps_per_s", "steps/s", target=2.0, bound="at least"),
    Line("  step not declared cheap (threads)", "sync", "steps_per_s", "steps/s", "threads", bound="at least"),
    Line("  client processor time a step", "sync", "client_cpu_us_per_step", "µs"),
    Line("import EnvClient", "import", "seconds", "s", target=0.1),
    Line("idle server memory, PSS", "memory", "pss", "MiB", target=0.5),
    Line("  RSS", "memory", "rss", "MiB"),
    Line("  MCP server, PSS", "memory", "pss", "MiB", "ours mcp", "peer mcp"),
    Line("openenv --help", "help", "seconds", "s"),
    Line("distributions of the base install", "install", "distributions", "", against=None, target=30.0),
)


@dataclass(frozen=True)
class Finding:
    """A line with its figures; ``ratio`` is the median over paired repetitions, ``spread`` its extremes."""

    line: Line
    value: float
    other: float | None
    ratio: float | None
    spread: tuple[float, float] | None

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without a target or without the other side."""
        judged = self.value if self.line.against is None else self.ratio
        if self.line.target is None or judged is None:
            return None
        return judged >= self.line.target if self.line.bound == "at least" else judged <= self.line.target


def findings(results: dict[str, Samples]) -> Iterator[Finding]:
    """The lines there are samples for."""
    for line in LINES:
        mine = _values(results, line, line.variant)
        if not mine:
            continue
        other = _values(results, line, line.against) if line.against else []
        if not other:
            worst = max(mine) if line.metric == "failed" else median(mine)
            yield Finding(line, worst, None, None, None)
            continue
        ratios = [a / b if b else float("inf") for a, b in zip(mine, other, strict=False)]
        yield Finding(line, median(mine), median(other), median(ratios), (min(ratios), max(ratios)))


def rendered(found: list[Finding]) -> Table:
    """The findings as a table for the terminal."""
    table = Table(title="openenv beside the public package", title_justify="left")
    table.add_column("", no_wrap=True)
    for name in ("measured", "against", "ratio", "(range)", "target"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for entry in found:
        line = entry.line
        against = "" if entry.other is None else f"{line.against} {_number(entry.other)} {line.unit}"
        target = "" if line.target is None else f"{line.bound} {line.target:g}"
        table.add_row(
            line.title,
            f"{_number(entry.value)} {line.unit}",
            against,
            "" if entry.ratio is None else f"{entry.ratio:.3g}",
            "" if entry.spread is None else f"{entry.spread[0]:.3g}-{entry.spread[1]:.3g}",
            target,
            {None: "", True: "[green]met[/]", False: "[red]missed[/]"}[entry.met],
        )
    return table


def _values(results: dict[str, Samples], line: Line, variant: str) -> list[float]:
    samples = results.get(line.topic, {}).get(variant, [])
    return [sample[line.metric] for sample in samples if line.metric in sample]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"
