"""Evaluations with Inspect, the library ``inspect-ai``; imported when one is run."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any, Final

from .base import EvalHarness

_PASSED_ON: Final = (
    "task_args",
    "model_args",
    "model_base_url",
    "max_samples",
    "max_connections",
    "temperature",
    "max_tokens",
    "epochs",
)
_KNOWN: Final = ("model", "task", "solver", "scorer", *_PASSED_ON)


class InspectAIHarness(EvalHarness):
    """Runs Inspect tasks.

    The ``eval_parameters`` are ``model`` (needed, such as ``openai/gpt-4o``), ``task`` (a task or its name, by default
    ``dataset``), ``solver`` and ``scorer`` in place of the task's own (objects, or names that Inspect knows), and
    ``task_args``, ``model_args``, ``model_base_url``, ``max_samples``, ``max_connections``, ``temperature``,
    ``max_tokens`` and ``epochs`` as Inspect's ``eval`` takes them.

    Args:
        log_dir: where Inspect writes its logs; by default where it always does.
    """

    def __init__(self, *, log_dir: str | None = None) -> None:
        self._log_dir = log_dir

    def run(
        self,
        harness_version: str,
        library_versions: dict[str, str],
        dataset: str,
        eval_parameters: dict[str, Any],
    ) -> dict[str, Any]:
        """Evaluate.

        Returns:
            The metrics by name, such as ``accuracy``; by ``<scorer>/<metric>`` where a task has several scorers, and
            by ``<task>/...`` where several tasks were run.

        Raises:
            ImportError: if ``inspect-ai`` is not installed.
            ValueError: if ``eval_parameters`` has no ``model``, or something unknown.
            RuntimeError: if Inspect gives no log, or one of an evaluation that did not succeed.
        """
        inspect_ai = _library("inspect_ai")
        _check(eval_parameters)
        given = {name: value for name, value in eval_parameters.items() if value is not None}
        options: dict[str, Any] = {name: given[name] for name in _PASSED_ON if name in given}
        if self._log_dir is not None:
            options["log_dir"] = self._log_dir
        if "solver" in given:
            options["solver"] = _solver(given["solver"])
        if "scorer" in given:
            options["score"] = False  # the task's own scorer is not asked
        logs = inspect_ai.eval(given.get("task", dataset), model=given["model"], **options)
        if not logs:
            raise RuntimeError(f"Inspect ran nothing for {dataset!r}: it gave no log")
        scores: dict[str, Any] = {}
        for log in logs:
            _check_success(log)
            if "scorer" in given:
                log = inspect_ai.score(log, _scorers(given["scorer"]), action="overwrite")
                _check_success(log)
            prefix = f"{log.eval.task}/" if len(logs) > 1 else ""
            scores |= {prefix + name: value for name, value in _metrics(log)}
        return scores


def _library(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        message = "inspect-ai is not installed: pip install 'openenv[inspect]'"
        raise ImportError(message, name="inspect_ai") from error


def _check(eval_parameters: dict[str, Any]) -> None:
    unknown = sorted(set(eval_parameters) - set(_KNOWN))
    if unknown:
        raise ValueError(f"eval_parameters has {', '.join(unknown)}; there are {', '.join(_KNOWN)}")
    if not eval_parameters.get("model"):
        raise ValueError("eval_parameters must name the model, such as {'model': 'openai/gpt-4o'}")


def _check_success(log: Any) -> None:
    if log.status != "success" or log.results is None:
        reason = log.error.message if log.error is not None else "no results"
        raise RuntimeError(f"the evaluation of {log.eval.task!r} ended with status {log.status!r}: {reason}")


def _metrics(log: Any) -> Iterator[tuple[str, Any]]:
    several = len(log.results.scores) > 1
    for score in log.results.scores:
        for name, metric in score.metrics.items():
            yield (f"{score.name}/{name}" if several else name), metric.value


def _solver(solver: Any) -> Any:
    if not isinstance(solver, str):
        return solver
    return _library("inspect_ai.solver").SolverSpec(solver)


def _scorers(scorers: Any) -> list[Any]:
    create = _library("inspect_ai.util").registry_create
    listed = list(scorers) if isinstance(scorers, list | tuple) else [scorers]
    return [create("scorer", scorer) if isinstance(scorer, str) else scorer for scorer in listed]
