"""Plays some datasets against a server of its own, and shows what happens: ``python -m reasoning_gym_env.demo``.

Each is played with a wrong and with a right answer. Exit code 1 if a score is not the expected one.
"""

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from openenv.core.errors import OpenEnvError

from .client import ReasoningGymEnv
from .models import ReasoningGymAction

if TYPE_CHECKING:
    from rich.console import Console

DATASETS: Final[tuple[dict[str, Any], ...]] = (
    {"dataset_name": "leg_counting"},
    {"dataset_name": "reverse_sort", "dataset_config": {"max_length": 20}},
    {"dataset_name": "chess_state_eval"},
    {"dataset_name": "family_relationships", "curriculum": {"family_size": 3}},
    {"dataset_name": "knights_knaves", "difficulty": 1},
    {"dataset_name": "letter_jumble", "difficulty": "adaptive"},
    {"dataset_name": "mini_sudoku"},
    {
        "dataset_name": "composite",
        "dataset_specs": [{"name": "chain_sum", "weight": 3}, {"name": "spell_backward", "weight": 1}],
    },
)
WRONG: Final = "I would rather not say."

_PLAIN_WIDTH: Final = 120


@dataclass(frozen=True)
class Row:
    """What two episodes of a dataset came to."""

    dataset: str
    question: str
    wrong: float | None
    right: float | None
    seconds: float

    @property
    def is_as_expected(self) -> bool:
        return self.right == 1.0 and self.wrong is not None and self.wrong < 1.0


def play(env: ReasoningGymEnv, arguments: dict[str, Any]) -> Row:
    """Answer the first question of a dataset wrongly; pose it again and answer it rightly.

    Raises:
        OpenEnvError: if the server fails.
    """
    started = time.perf_counter()
    question = env.reset(**arguments, seed=7, size=100).observation.question or ""
    wrong = env.step(ReasoningGymAction(answer=WRONG)).observation
    env.reset(**arguments, seed=7, size=100)
    right = env.step(ReasoningGymAction(answer=wrong.correct_answer or "")).observation
    source = (right.dataset_metadata or {}).get("source_dataset", "?")
    name = arguments["dataset_name"]
    shown = name if source == name else f"{name}: {source}"
    return Row(shown, question, wrong.score, right.score, time.perf_counter() - started)


def main() -> int:
    """Play, show, and tell whether all went as expected."""
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _PLAIN_WIDTH
    try:
        rows = _play_all(console)
    except OpenEnvError as error:
        console.print(f"[red]The demo failed:[/red] {escape(str(error))}")
        return 1
    _show(console, rows)
    if faults := [row.dataset for row in rows if not row.is_as_expected]:
        console.print(f"[red]Scores were not the expected ones: {', '.join(faults)}[/red]")
        return 1
    console.print(
        f"[green]All {2 * len(rows)} scores are as expected.[/green] To go on: openenv serve envs/reasoning_gym_env, "
        "then open http://localhost:8000/docs"
    )
    return 0


def _play_all(console: "Console") -> list[Row]:
    from rich.markup import escape
    from rich.panel import Panel
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    rows: list[Row] = []
    console.print("Starting a Reasoning Gym server ...")
    with ReasoningGymEnv.from_process(Path(__file__).parent) as env:
        env.reset()  # the worker processes load the library, so that the times below are those of a running server
        console.print(f"It serves at {env.base_url}; its routes are described at {env.base_url}/docs")
        with Progress(*columns, console=console, transient=True) as progress:
            bar = progress.add_task("playing", total=len(DATASETS))
            for arguments in DATASETS:
                progress.update(bar, description=arguments["dataset_name"])
                rows.append(play(env, arguments))
                if len(rows) == 1:
                    panel = Panel(escape(rows[0].question.strip()), title="The first question", expand=False)
                    progress.console.print(panel)
                progress.advance(bar)
    return rows


def _show(console: "Console", rows: list[Row]) -> None:
    from rich.table import Table

    table = Table("dataset", box=None, pad_edge=False)
    for title in ("wrong answer", "right answer", "time"):
        table.add_column(title, justify="right")
    for row in rows:
        scores = ("-" if score is None else f"{score:.2f}" for score in (row.wrong, row.right))
        table.add_row(row.dataset, *scores, f"{row.seconds * 1000:.0f} ms", style="" if row.is_as_expected else "red")
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
