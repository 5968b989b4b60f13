"""What every problem does, as checks anyone can run: on one problem, on all, in tests and from a command.

Each check takes a problem and a level, and raises CheckFailed with what is wrong.
"""

import gc
import json
import math
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from . import hostile
from .kit.answers import Choice
from .kit.answers.base import marked
from .kit.instance import Instance, Verdict
from .kit.problem import Problem
from .kit.scoring import ALTERNATIVES

SECONDS = 1.0
"""The most processor time one verification may take."""

_SEEDS = (0, 1, 2)


class CheckFailed(AssertionError):
    """A problem does not do what every problem does."""


def check_generation(problem: Problem[Any], level: int) -> None:
    """Seeds decide, plain data, every starting parameter of the level works, no global random state."""
    choices = problem.schedule.choices(level)
    for seed in _SEEDS:
        state = random.getstate()
        instance = problem.generate(seed, level)
        _expect(random.getstate() == state, "generation uses the global random state")
        _expect(instance == problem.generate(seed, level), f"seed {seed} gave two different instances")
        copy = json.loads(json.dumps(instance.to_dict()))
        _expect(Instance.from_dict(copy) == instance, "the instance does not survive JSON")
        start = {item.name: instance.parameter.get(item.name) for item in problem.given}
        _expect(start in choices, f"{start} is not among the level's starting parameters")
    for start in choices[:: max(1, len(choices) // 4)]:
        given = problem.generate_from(3, start)
        _expect(given == problem.generate_from(3, dict(start)), f"{start} gave two different instances")
        _expect({name: given.parameter[name] for name in start} == start, f"{start} was changed")


def check_prompt(problem: Problem[Any], level: int) -> None:
    """The prompt is stable, and its own example follows the format without being right."""
    for instance in _instances(problem, level):
        prompt = problem.prompt(instance)
        _expect(
            prompt == problem.prompt(_copied(instance)),
            "the prompt changes when the instance travels as JSON",
        )
        verdict = problem.verify(instance, prompt)
        _expect(verdict.format_score == 1, "the example in the prompt does not follow the format")
        if not isinstance(problem.answer(instance.parameter), Choice):
            _expect(verdict.accuracy == 0, "the example in the prompt is a right answer")


def check_reference(problem: Problem[Any], level: int) -> None:
    """The reference answer is there and right, wherever the answer stands in the output."""
    for instance in _instances(problem, level):
        reference = problem.reference(instance)
        form = problem.answer(instance.parameter)
        _expect("reference_answer" in instance.parameter, "the instance has no reference_answer")
        _expect(form.show(form.parse(reference)) == reference, "the format writes the reference differently")
        right = marked(reference, problem.answer_markers)
        outputs = (
            right,
            f"<answer>?</answer>{right} done",
            f"{right}Assistant: so {right}",
            _padded(problem, reference),
        )
        for output in outputs:
            _expect(
                problem.verify(instance, output).accuracy == 1,
                f"the reference is not right in {output[:200]!r}",
            )
        best = problem.reward(instance, right)
        _expect(
            problem.reward(_copied(instance), right) == best,
            "the reward changes when the instance travels as JSON",
        )
        _expect(
            _judged_by(problem, instance, ("[[", "]]"), f"[[{reference}]]") == best,
            "other markers do not work",
        )
        for output in ("", reference[:1000], right + "Assistant:", "<answer>" + reference[:1000]):
            _expect(problem.reward(instance, output) == problem.wrong_format, "an answer without markers counts")
        if type(problem).solve is not Problem.solve:
            bare = {key: value for key, value in instance.parameter.items() if key != "reference_answer"}
            solved = problem.reference(replace(instance, parameter=bare))
            _expect(problem.verify(instance, f"<answer>{solved}</answer>").accuracy == 1, "solve() is not right")


def check_arguments(problem: Problem[Any], level: int) -> None:
    """Rewards and strategies can be overridden, and only those there are."""
    kind: Callable[..., Problem[Any]] = type(problem)
    defaults, instance = problem.arguments(), problem.generate(0, level)
    right = f"<answer>{problem.reference(instance)}</answer>"
    _refused(TypeError, kind, no_such_argument=1)
    _refused(TypeError, kind, wrong_format="no")
    _expect(kind(wrong_format=-0.75).reward(instance, "no answer") == -0.75, "wrong_format is not overridden")
    for name in ("correct_answer", "correct_solution", "rewarding_weight"):
        if name in defaults:
            reward = kind(**{name: 0.75}).reward(instance, right)
            same = math.isclose(reward, 0.75 * problem.reward(instance, right))
            _expect(same, f"with {name}=0.75 the reference scores {reward}")
    for name, default in defaults.items():
        if name.startswith("rewarding_strategy"):
            _refused(ValueError, kind, **{name: "no such strategy"})
            if default in ALTERNATIVES:
                strict = kind(**{name: ALTERNATIVES[default]})
                _expect(
                    strict.verify(instance, right).accuracy == 1,
                    f"{ALTERNATIVES[default]} fails the reference",
                )


def check_hostile(problem: Problem[Any], level: int) -> None:
    """Any string gets a verdict, soon, and no number in disguise counts as right."""
    instance = problem.generate(0, level)
    reference = problem.reference(instance)
    for answer in (*hostile.answers(), *hostile.mutations(reference)):
        verdict = _timed(problem, instance, f"<answer>{answer}</answer>")
        _expect(math.isfinite(verdict.reward), f"the reward of {answer[:100]!r} is {verdict.reward}")
    for disguised in hostile.disguises(reference):
        verdict = _timed(problem, instance, f"<answer>{disguised}</answer>")
        _expect(verdict.accuracy == 0, f"{disguised[:100]!r} counts as right")
    for output in hostile.OUTPUTS:
        _timed(problem, instance, output)


CHECKS: dict[str, Callable[[Problem[Any], int], None]] = {
    "generation": check_generation,
    "prompt": check_prompt,
    "reference": check_reference,
    "arguments": check_arguments,
    "hostile": check_hostile,
}
"""The checks by name."""


def _instances(problem: Problem[Any], level: int) -> Iterator[Instance]:
    return (problem.generate(seed, level) for seed in _SEEDS)


def _copied(instance: Instance) -> Instance:
    return Instance.from_dict(json.loads(json.dumps(instance.to_dict())))


def _padded(problem: Problem[Any], reference: str) -> str:
    return marked(f"\n  {reference}  \n", problem.answer_markers)


def _judged_by(problem: Problem[Any], instance: Instance, markers: tuple[str, str], output: str) -> float:
    return type(problem)(answer_markers=markers).reward(instance, output)


def _timed(problem: Problem[Any], instance: Instance, output: str) -> Verdict:
    """The verdict; fails when three tries all take too long.

    What else the process does is not counted: other threads, and walks of the garbage collector through all there is.
    """
    for _ in range(3):
        with _uncollected():
            start = time.thread_time()
            verdict = problem.verify(instance, output)
            seconds = time.thread_time() - start
        if seconds < SECONDS:
            return verdict
    raise CheckFailed(f"verifying {output[:60]!r}... of {len(output)} characters takes over {SECONDS} s")


@contextmanager
def _uncollected() -> Iterator[None]:
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _expect(condition: bool, failure: str) -> None:
    if not condition:
        raise CheckFailed(failure)


def _refused(error: type[Exception], kind: Callable[..., Problem[Any]], **arguments: Any) -> None:
    try:
        kind(**arguments)
    except error:
        return
    raise CheckFailed(f"no {error.__name__} for {arguments}")
