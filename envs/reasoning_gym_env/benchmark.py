"""What preparing ahead is worth: ``python -m reasoning_gym_env.benchmark [dataset ...]``.

Plays datasets over WebSocket against a server of its own, once with questions made ahead and once without, with a model
that thinks between reset and step, and prints resets per second of waiting: one over the mean time a reset takes.
Without names: the dataset whose questions take the median time to make, and the one whose take the longest.
"""

import argparse
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .catalogue import catalogue
from .client import ReasoningGymEnv
from .models import ReasoningGymAction

_SEED = 1000
_SIZE = 1_000


@contextmanager
def server(prepare_ahead: int) -> Iterator[ReasoningGymEnv]:
    """A client of a server that makes so many questions ahead."""
    variables = {"REASONING_GYM_PREPARE_AHEAD": str(prepare_ahead)}
    with ReasoningGymEnv.from_process(Path(__file__).parent, env_vars=variables) as env:
        env.reset()  # the workers load the library
        yield env


def reset_times(env: ReasoningGymEnv, dataset: str, resets: int, think_s: float) -> list[float]:
    """How long each reset after the first took, in seconds."""
    env.reset(dataset_name=dataset, seed=_SEED, size=_SIZE)
    times = []
    for _ in range(resets):
        time.sleep(think_s)
        env.step(ReasoningGymAction(answer=""))
        started = time.perf_counter()
        env.reset()
        times.append(time.perf_counter() - started)
    return times


def median_and_slowest(resets: int) -> list[str]:
    """The two datasets worth measuring, by the median time of a reset without anything made ahead."""
    medians = {}
    with server(prepare_ahead=0) as env:
        for entry in catalogue():
            times = reset_times(env, entry.identifier, resets, think_s=0.0)
            medians[entry.identifier] = statistics.median(times)
    ranked = sorted(medians, key=medians.__getitem__)
    return [ranked[len(ranked) // 2], ranked[-1]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What preparing questions ahead is worth.")
    parser.add_argument("datasets", nargs="*", help="default: the median one and the slowest one")
    parser.add_argument("--resets", type=int, default=20, help="resets measured of each dataset")
    parser.add_argument("--think", type=float, default=1.0, help="seconds the model thinks between reset and step")
    parser.add_argument("--ahead", type=int, default=1, help="how many questions are made ahead")
    options = parser.parse_args(arguments)
    datasets = options.datasets or median_and_slowest(resets=5)
    rates: dict[tuple[str, int], float] = {}
    for ahead in (0, options.ahead):
        with server(ahead) as env:
            for dataset in datasets:
                times = reset_times(env, dataset, options.resets, options.think)
                rates[dataset, ahead] = len(times) / sum(times)
    for dataset in datasets:
        without, with_ahead = rates[dataset, 0], rates[dataset, options.ahead]
        print(  # noqa: T201
            f"{dataset}: {without:.1f} resets/s without, {with_ahead:.1f} with {options.ahead} made ahead "
            f"({with_ahead / without:.1f} times)"
        )


if __name__ == "__main__":
    main()
