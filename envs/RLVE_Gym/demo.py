"""Plays every problem of RLVE_Gym against a server of its own, and shows what happens: ``python -m RLVE_Gym.demo``.

Right, wrong and garbled answers are sent over a WebSocket. Exit code 1 if a verdict is not the expected one.
"""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from openenv.core.errors import OpenEnvError

from .client import RlveGymEnv
from .models import RlveGymAction
from .problems import find

if TYPE_CHECKING:
    from rich.console import Console

    from .problems.rlve import Environment

ANSWERS: Final = ("right", "wrong", "garbled")
LEVELS: Final = (0, 1, 3)
LEAST: Final = 20
FIRST: Final = "Multiplication"  # what a newcomer sees first shall be easy

_EPISODES_OF_EACH: Final = 24  # up to so many problems, each is played with each answer; beyond, with one of them
_PLAIN_WIDTH: Final = 120


@dataclass(frozen=True)
class Episode:
    """One problem to pose, and the kind of answer to give."""

    identifier: str
    level: int
    seed: int
    answer: str


@dataclass(frozen=True)
class Row:
    """What an episode came to."""

    episode: Episode
    verdict: dict[str, Any]
    seconds: float
    fault: str | None


def episodes(identifiers: list[str]) -> Iterator[Episode]:
    """At least one episode of every problem and `LEAST` in all, with all kinds of answers at several levels."""
    all_answers = len(identifiers) <= _EPISODES_OF_EACH
    rounds = -(-LEAST // (len(identifiers) * len(ANSWERS))) if all_answers else 1
    for seed in range(rounds):
        for i, identifier in enumerate(identifiers):
            for turn in range(len(ANSWERS)) if all_answers else (i % len(ANSWERS),):
                yield Episode(identifier, LEVELS[turn], seed + i, ANSWERS[turn])


def play(env: RlveGymEnv, episode: Episode) -> tuple[str, Row]:
    """The prompt, and what became of the answer.

    Raises:
        OpenEnvError: if the server fails.
    """
    start = time.perf_counter()
    reset = env.reset(environment_identifier=episode.identifier, difficulty=episode.level, seed=episode.seed)
    seconds = time.perf_counter() - start
    prompt = reset.observation.problem_input
    if prompt is None:
        return "", Row(episode, {}, seconds, reset.observation.message)
    problem = env.problem  # generated again on this side: the answer does not travel
    output = _output(problem, prompt, episode.answer)
    start = time.perf_counter()
    observation = env.step(RlveGymAction(output=output)).observation
    seconds += time.perf_counter() - start
    verdict = observation.verifier_result or {}
    return prompt, Row(episode, verdict, seconds, _fault(verdict, problem.verifier(output), episode.answer))


def _output(problem: "Environment", prompt: str, answer: str) -> str:
    begin, end = problem.answer_markers
    if answer == "right":
        reference = (problem.parameter or {})["reference_answer"]
        return f"The answer is {begin}{reference}{end}."
    if answer == "garbled":
        return "I would rather not say."
    # The example in the prompt follows the format and is no answer; where any word may be one, nonsense is none.
    return prompt if not problem.verifier(prompt)["accuracy"] else f"{begin}nonsense{end}"


def _fault(verdict: dict[str, Any], expected: dict[str, Any], answer: str) -> str | None:
    """What is wrong with a verdict."""
    if verdict != expected:
        return f"the server judged {verdict}, the same problem here {expected}"
    right, well_formed = verdict["accuracy"] == 1, verdict["format_score"] == 1
    if right is not (answer == "right") or well_formed is (answer == "garbled"):
        return f"a {answer} answer was judged {verdict}"
    return None


def main() -> int:
    """Play, show, and tell whether all went as expected."""
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _PLAIN_WIDTH
    plan = list(episodes(sorted((entry.identifier for entry in find()), key=lambda name: name != FIRST)))
    try:
        rows = _play_all(console, plan)
    except OpenEnvError as error:
        console.print(f"[red]The demo failed:[/red] {escape(str(error))}")
        return 1
    _show(console, rows)
    faults = [row for row in rows if row.fault is not None]
    for row in faults:
        console.print(f"[red]{row.episode.identifier}, level {row.episode.level}:[/red] {escape(str(row.fault))}")
    if faults:
        console.print(f"[red]{len(faults)} of {len(rows)} verdicts were not the expected ones.[/red]")
        return 1
    console.print(
        f"[green]All {len(rows)} verdicts are as expected.[/green] To go on: openenv serve envs/RLVE_Gym, "
        "then open http://localhost:8000/docs"
    )
    return 0


def _play_all(console: "Console", plan: list[Episode]) -> list[Row]:
    from rich.markup import escape
    from rich.panel import Panel
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    rows: list[Row] = []
    console.print("Starting a server of RLVE_Gym ...")
    with RlveGymEnv.from_process(Path(__file__).parent) as env:
        env.reset()  # starts the worker processes, so that the times below are those of a running server
        env.step(RlveGymAction(output=""))
        console.print(f"It serves at {env.base_url}; its routes are described at {env.base_url}/docs")
        with Progress(*columns, console=console, transient=True) as progress:
            bar = progress.add_task("playing", total=len(plan))
            for episode in plan:
                progress.update(bar, description=f"{episode.identifier}, level {episode.level}")
                prompt, row = play(env, episode)
                if not rows:
                    progress.console.print(Panel(escape(prompt), title="The first problem", expand=False))
                rows.append(row)
                progress.advance(bar)
    return rows


def _show(console: "Console", rows: list[Row]) -> None:
    from rich.table import Table

    table = Table("problem", box=None, pad_edge=False)
    for title in ("level", "answer", "reward", "accuracy", "format", "time"):
        table.add_column(title, justify="left" if title == "answer" else "right")
    for row in rows:
        reward = row.verdict.get("reward")
        table.add_row(
            row.episode.identifier,
            str(row.episode.level),
            row.episode.answer,
            "-" if reward is None else f"{reward:.2f}",
            str(row.verdict.get("accuracy", "-")),
            str(row.verdict.get("format_score", "-")),
            f"{row.seconds * 1000:.0f} ms",
            style="red" if row.fault else "",
        )
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
