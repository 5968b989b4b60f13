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
_TURN = 5


@contextmanager
def server(prepare_ahead: int) -> Iterator[ReasoningGymEnv]:
    """A client of a server that makes so many questions ahead."""
    variables = {"REASONING_GYM_PREPARE_AHEAD": str(prepare_ahead)}
    with ReasoningGymEnv.from_process(Path(__file__).parent, env_vars=variables) as env:
        env.reset()  # the workers load the library
        yield env


def timed_reset(env: ReasoningGymEnv, think_s: float) -> float:
    """How long the reset after an episode takes, in seconds."""
    time.sleep(think_s)
    env.step(ReasoningGymAction(answer=""))
    started = time.perf_counter()
    env.reset()
    return time.perf_counter() - started


def median_and_slowest(env: ReasoningGymEnv, resets: int) -> list[str]:
    """The two datasets worth measuring, by the mean time of a reset when nothing is made ahead."""
    means = {}
    for entry in catalogue():
        env.reset(dataset_name=entry.identifier, seed=_SEED, size=_SIZE)
        means[entry.identifier] = statistics.fmean(timed_reset(env, 0.0) for _ in range(resets))
    ranked = sorted(means, key=means.__getitem__)
    return [ranked[len(ranked) // 2], ranked[-1]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What preparing questions ahead is worth.")
    parser.add_argument("datasets", nargs="*", help="default: the median one and the slowest one")
    parser.add_argument("--resets", type=int, default=20, help="resets measured of each dataset, a multiple of 5")
    parser.add_argument("--think", type=float, default=1.0, help="seconds the model thinks between reset and step")
    parser.add_argument("--ahead", type=int, default=2, help="how many questions are made ahead")
    options = parser.parse_args(arguments)
    with server(0) as plain, server(options.ahead) as ahead:
        for dataset in options.datasets or median_and_slowest(plain, resets=5):
            times: dict[bool, list[float]] = {False: [], True: []}
            for env in (plain, ahead):
                env.reset(dataset_name=dataset, seed=_SEED, size=_SIZE)
            for _ in range(options.resets // _TURN):
                for env in (plain, ahead):  # by turns: what else the machine does meets both
                    timed_reset(env, options.think)  # the other's turn was time to think, too
                    times[env is ahead] += [timed_reset(env, options.think) for _ in range(_TURN)]
            without, with_ahead = (1 / statistics.fmean(times[is_ahead]) for is_ahead in (False, True))
            print(  # noqa: T201
                f"{dataset}: {without:.1f} resets/s without, {with_ahead:.1f} with {options.ahead} made ahead "
                f"({with_ahead / without:.1f} times)"
            )


if __name__ == "__main__":
    main()
