"""`generate_many` and `verify_many`: all cores, hard limits, failures in their place."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import pairwise

import pytest

from openenv.core.workers import WorkerDiedError, WorkerPool, WorkerTimeoutError
from RLVE_Gym import problems
from RLVE_Gym.problems.batch import Request, Sample, generate_many, make_pool, verify_many

ENDLESS = 10**12
"""A level whose schedule would take days to get to."""


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    with make_pool(2) as workers:
        yield workers


def test_the_same_as_one_by_one(pool: WorkerPool) -> None:
    requests = [(name, seed, level) for name in ("Sorting", "Knapsack") for seed in range(20) for level in (0, 4)]
    instances = generate_many(requests, pool=pool)
    assert instances == [problems.get(name).generate(seed, level) for name, seed, level in requests]

    outputs = ["no", "<answer>0</answer>", "<answer>1 2 3</answer>"]
    samples = [(instance, output) for instance in instances for output in outputs]
    expected = [problems.get(instance.id).verify(instance, output) for instance, output in samples]
    assert verify_many(samples, pool=pool) == expected


def test_nothing_in_nothing_out() -> None:
    assert generate_many([]) == []
    assert verify_many([]) == []


def test_arguments_and_markers(pool: WorkerPool) -> None:
    (instance,) = generate_many([Request("Sorting", 1, 2, {"weight_multiple": 1})], pool=pool)
    assert instance == problems.get("Sorting", weight_multiple=1).generate(1, 2)
    right = f"[{problems.get('Sorting').reference(instance)}]"
    verdicts = verify_many(
        [
            Sample(instance, right, {"answer_markers": ("[", "]")}),
            Sample(instance, "", {"wrong_format": -0.25}),
            (instance, right),
        ],
        pool=pool,
    )
    assert [(verdict.reward, verdict.accuracy) for verdict in verdicts] == [(1.0, 1), (-0.25, 0), (-1.0, 0)]


def test_what_fails_says_why_in_its_place(pool: WorkerPool) -> None:
    requests = [
        ("Sorting", 0, 0),
        ("Sortin", 0, 0),
        ("Sorting", 0, -1),
        Request("Sorting", 0, 0, {"no_such": 1}),
        ("Sorting", 1, 0),
    ]
    outcomes = generate_many(requests, pool=pool)
    kinds = [type(outcome) for outcome in outcomes]
    assert kinds == [
        problems.Instance,
        problems.UnknownProblem,
        problems.ParameterError,
        TypeError,
        problems.Instance,
    ]
    assert "did you mean Sorting" in str(outcomes[1])


def test_only_the_one_over_its_limit_fails(pool: WorkerPool) -> None:
    requests = [("Multiplication", seed, ENDLESS if seed == 5 else 0) for seed in range(40)]
    outcomes = generate_many(requests, timeout_s=1.0, pool=pool)
    assert isinstance(outcomes[5], WorkerTimeoutError)
    assert all(isinstance(outcome, problems.Instance) for i, outcome in enumerate(outcomes) if i != 5)
    assert generate_many([("Sorting", 0, 0)], pool=pool) == [problems.get("Sorting").generate(0, 0)]


def test_killed_workers_fail_their_own_calls_only() -> None:
    with make_pool(2) as pool, ThreadPoolExecutor(1) as thread:
        outcomes = thread.submit(generate_many, [("Multiplication", 0, ENDLESS)] * 2, timeout_s=300.0, pool=pool)
        killed = set()
        while not wait((outcomes,), timeout=0.05).done:
            for pid in pool.worker_pids:
                killed.add(pid)
                os.kill(pid, signal.SIGKILL)
        assert [type(outcome) for outcome in outcomes.result()] == [WorkerDiedError] * 2
        after = generate_many([("Sorting", seed, 0) for seed in range(20)], pool=pool)
        assert all(isinstance(outcome, problems.Instance) for outcome in after)
        assert not killed & set(pool.worker_pids)


def test_hard_limit_of_a_verdict(pool: WorkerPool) -> None:
    instance = slow_to_judge()
    samples = [(instance, "no format")] * 3 + [(instance, "<answer>0.1234567</answer>")] + [(instance, "no format")] * 3
    outcomes = verify_many(samples, timeout_s=1.0, pool=pool)
    assert isinstance(outcomes[3], WorkerTimeoutError)
    assert [getattr(outcome, "reward", None) for i, outcome in enumerate(outcomes) if i != 3] == [-1.0] * 6


def slow_to_judge() -> problems.Instance:
    """An instance, not one of ours, whose exact evaluation takes minutes."""
    degree = 20_000
    parameter = {"N": degree, "coeffs": [3] * (degree + 1), "reference_value": 0.0, "reference_answer": "0"}
    return problems.Instance("PolynomialMinimum", 0, None, parameter)


def test_the_instances_differ(pool: WorkerPool) -> None:
    instances = generate_many([("Sorting", seed, 5) for seed in range(30)], pool=pool)
    assert all(one != other for one, other in pairwise(instances))


def test_the_first_verdict_of_a_process_is_like_any_other() -> None:
    """A worker that has judged nothing yet, and has imported no library, judges a right answer right."""
    wrong = []
    with make_pool(1) as pool:
        for entry in problems.find():
            problem = problems.get(entry.identifier)
            instance = problem.generate(0, 0)
            output = f"<answer>{problem.reference(instance)}</answer>"
            (verdict,) = verify_many([(instance, output)], pool=pool)
            if verdict != problem.verify(instance, output):
                wrong.append((entry.identifier, verdict))
            assert isinstance(pool.submit(os._exit, 0).exception(), WorkerDiedError)  # the next one gets a new process
    assert wrong == []
