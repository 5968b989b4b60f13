"""How long one problem takes to make and to judge: ``python -m benchmarks.problem_timing Sorting 0 5 20 40``.

One JSON object on stdout: per level the processor time of generating, of writing the prompt and of judging, in
milliseconds. A process of its own per problem, so that none profits from what another has imported or cached.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from envs.RLVE_Gym.problems import GenerationError, get

SAMPLES: Final = 20
FEWEST: Final = 3
BUDGET_S: Final = 1.0
"""Processor time after which no further sample is taken, once there are the fewest."""

OUTPUTS: Final = ("", "<answer>0</answer>", "<answer>1 2 3</answer>", "no answer at all")
"""Judged besides the reference answer, which takes the longest way as a rule: what an untrained model writes."""


def measured(identifier: str, level: int) -> dict[str, Any]:
    """The figures of a level; ``{"refused": reason}`` where the problem has no instance there."""
    problem = get(identifier)
    try:
        problem.generate(0, level)  # what is imported and tabulated once is not the cost of an instance
    except GenerationError as error:
        return {"refused": str(error)}
    generation, instances = _sampled(lambda seed: problem.generate(seed, level))
    instance = instances[-1]
    prompting, prompts = _sampled(lambda _: problem.prompt(instance))
    outputs = [f"<answer>{instance.parameter['reference_answer']}</answer>", *OUTPUTS]
    problem.verify(instance, outputs[0])
    judging = [_sampled(partial(_judged, problem, instance, output))[0] for output in outputs]
    return {
        "generate_ms": statistics.median(generation),
        "generate_worst_ms": max(generation),
        "prompt_ms": statistics.median(prompting),
        "prompt_characters": len(prompts[0]),
        "verify_ms": statistics.median(judging[0]),
        "verify_worst_ms": max(statistics.median(times) for times in judging),
        "samples": len(generation),
    }


def _judged(problem: Any, instance: Any, output: str, _: int) -> Any:
    return problem.verify(instance, output)


def _sampled(work: Callable[[int], Any]) -> tuple[list[float], list[Any]]:
    """Milliseconds of processor time per call, and what the calls returned."""
    times: list[float] = []
    results = []
    while len(times) < SAMPLES and (len(times) < FEWEST or sum(times) < BUDGET_S * 1000):
        started = time.process_time()
        results.append(work(1 + len(times)))
        times.append((time.process_time() - started) * 1000)
    return times, results


if __name__ == "__main__":
    print(json.dumps({level: measured(sys.argv[1], int(level)) for level in sys.argv[2:]}))
