"""What the commands have worker processes do."""

import time
from dataclasses import dataclass

from ..problems import get
from ..problems.checks import CHECKS, CheckFailed


@dataclass(frozen=True)
class Drawn:
    """One problem, as `show` and `sample` tell it."""

    environment_identifier: str
    level: int
    seed: int
    prompt: str
    reference_answer: str
    parameter: dict[str, object]


@dataclass(frozen=True)
class Checked:
    """How a check went; `failure` says what is wrong."""

    seconds: float
    failure: str | None = None


def draw(identifier: str, seed: int, level: int) -> Drawn:
    """One problem; raises what generating it raises."""
    problem = get(identifier)
    instance = problem.generate(seed, level)
    prompt, reference = problem.prompt(instance), problem.reference(instance)
    return Drawn(identifier, level, seed, prompt, reference, instance.parameter)


def check(identifier: str, level: int, name: str) -> Checked:
    """One check of one problem at one level."""
    start = time.perf_counter()
    failure = None
    try:
        CHECKS[name](get(identifier), level)
    except CheckFailed as error:
        failure = str(error)
    except Exception as error:
        failure = f"{type(error).__name__}: {error}"
    return Checked(time.perf_counter() - start, failure)
