"""The Inspect harness, with the real library where it is installed (it is no part of the development extras).

Without it, the tests that need it are skipped; the outcomes that the library does not give on demand (no log, a
cancelled evaluation) are checked with a stand-in of its ``eval`` in both cases.
"""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from openenv.core.evals import EvalConfig, InspectAIHarness

ANSWER = "forty-two"

# The library leaves streams to the garbage collector; that is not what is tested here.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")


@pytest.fixture
def harness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InspectAIHarness:
    pytest.importorskip("inspect_ai", reason="the extra openenv[inspect] is not installed")
    monkeypatch.setenv("INSPECT_DISPLAY", "none")
    return InspectAIHarness(log_dir=str(tmp_path))


def parameters(**more: Any) -> dict[str, Any]:
    """For Inspect's mock model, which always answers the same. With its usage told it counts no tokens itself."""
    from inspect_ai.model import ModelOutput, ModelUsage

    def output() -> Any:
        said = ModelOutput.from_content("mockllm/model", ANSWER)
        said.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
        return said

    return {"model": "mockllm/model", "model_args": {"custom_outputs": [output() for _ in range(8)]}, **more}


def make_task(scorer: Any = None, solver: Any = None) -> Any:
    """Two questions, of which the mock model answers one."""
    from inspect_ai import Task
    from inspect_ai.dataset import Sample
    from inspect_ai.solver import generate

    samples = [Sample(input="six times seven", target=ANSWER), Sample(input="two", target="2")]
    return Task(dataset=samples, solver=solver or generate(), scorer=scorer, name="questions")


def run(harness: InspectAIHarness, **more: Any) -> dict[str, Any]:
    return harness.run("0.3", {}, "nothing of that name", parameters(**more))


def test_scores_by_metric(harness: InspectAIHarness, tmp_path: Path) -> None:
    from inspect_ai.scorer import includes

    assert run(harness, task=make_task(includes()), epochs=2) == {"accuracy": 0.5, "stderr": 0.5}
    assert len(list(tmp_path.glob("*.eval"))) == 1


def test_several_scorers_are_told_apart(harness: InspectAIHarness) -> None:
    from inspect_ai.scorer import exact, includes

    scores = run(harness, task=make_task([includes(), exact()]))
    assert scores["includes/accuracy"] == 0.5
    assert scores["exact/mean"] == 0.5


@pytest.mark.parametrize("named", [True, False], ids=["by name", "object"])
def test_a_scorer_takes_the_place_of_the_tasks_own(harness: InspectAIHarness, named: bool) -> None:
    from inspect_ai.scorer import exact, includes

    # "42" is no part of the answer, so the task's own scorer would give what the other does not.
    assert run(harness, task=make_task(exact()), scorer="includes" if named else includes()) == {
        "accuracy": 0.5,
        "stderr": 0.5,
    }


def test_a_solver_by_name(harness: InspectAIHarness) -> None:
    from inspect_ai.scorer import includes
    from inspect_ai.solver import Generate, TaskState, solver

    @solver
    def unwilling() -> Any:
        async def solve(state: TaskState, generate: Generate) -> TaskState:
            return state

        return solve

    task = make_task(includes(), solver=unwilling())
    assert run(harness, task=task)["accuracy"] == 0.0
    assert run(harness, task=task, solver="generate")["accuracy"] == 0.5


def test_an_evaluation_that_failed_has_no_scores(harness: InspectAIHarness) -> None:
    from inspect_ai.scorer import includes
    from inspect_ai.solver import Generate, TaskState, solver

    @solver
    def failing() -> Any:
        async def solve(state: TaskState, generate: Generate) -> TaskState:
            raise LookupError("no such page")

        return solve

    with pytest.raises(RuntimeError, match="'questions' ended with status 'error'.*no such page"):
        run(harness, task=make_task(includes(), failing()))


def test_a_config_with_a_task_in_a_file(
    harness: InspectAIHarness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("quiz.py").write_text(
        "from inspect_ai import Task, task\n"
        "from inspect_ai.dataset import Sample\n"
        "from inspect_ai.scorer import includes\n"
        "@task\n"
        "def quiz(target: str = 'nothing'):\n"
        "    return Task(dataset=[Sample(input='?', target=target)], scorer=includes())\n"
    )
    config = EvalConfig(
        harness_name="InspectAIHarness",
        harness_version="0.3",
        library_versions={},
        dataset="quiz.py",
        eval_parameters=parameters(task_args={"target": ANSWER}),
    )
    result = harness.run_from_config(config)
    assert result.scores["accuracy"] == 1.0


def stand_in(monkeypatch: pytest.MonkeyPatch, logs: list[Any]) -> None:
    """Put a module in the library's place whose evaluations end with these logs."""
    module = ModuleType("inspect_ai")
    module.eval = lambda tasks, model: logs  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "inspect_ai", module)


def test_no_log_is_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch, [])
    with pytest.raises(RuntimeError, match="ran nothing for 'd': it gave no log"):
        InspectAIHarness().run("0.3", {}, "d", {"model": "m"})


@pytest.mark.parametrize("status", ["cancelled", "started", "success"])
def test_a_log_without_results_is_no_result(monkeypatch: pytest.MonkeyPatch, status: str) -> None:
    log = SimpleNamespace(status=status, results=None, error=None, eval=SimpleNamespace(task="t"))
    stand_in(monkeypatch, [log])
    with pytest.raises(RuntimeError, match=f"'t' ended with status '{status}': no results"):
        InspectAIHarness().run("0.3", {}, "d", {"model": "m"})


@pytest.mark.parametrize("given", [{}, {"model": ""}, {"model": None}])
def test_a_model_is_needed(monkeypatch: pytest.MonkeyPatch, given: dict[str, Any]) -> None:
    stand_in(monkeypatch, [])
    with pytest.raises(ValueError, match="must name the model"):
        InspectAIHarness().run("0.3", {}, "d", given)


def test_unknown_parameters_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch, [])
    with pytest.raises(ValueError, match="eval_parameters has limit; there are model, task"):
        InspectAIHarness().run("0.3", {}, "d", {"model": "mockllm/model", "limit": 3})


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "inspect_ai", None)  # what an import finds where there is none
    with pytest.raises(ImportError, match=r"openenv\[inspect\]") as caught:
        InspectAIHarness().run("0.3", {}, "d", {"model": "mockllm/model"})
    assert caught.value.name == "inspect_ai"
