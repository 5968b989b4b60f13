import sys

import pytest

from RLVE_Gym.problems.kit.budget import TooMuchWork, budget


def work() -> None:
    """Three calls: itself, a generator, and that generator's end when it is thrown away."""
    numbers = (i for i in range(3))
    next(numbers)


@pytest.mark.parametrize("calls", range(1000, 1006))
def test_work_ends_wherever_the_budget_does(calls: int) -> None:
    done = []

    def work_on() -> None:
        while len(done) < 10 * calls:
            work()
            done.append(True)

    with pytest.raises(TooMuchWork), budget(calls):
        work_on()
    assert len(done) <= calls


def test_work_within_the_budget_is_left_alone() -> None:
    before = sys.gettrace()
    with budget(1000):
        work()
    assert sys.gettrace() is before


def test_a_budget_that_was_spent_is_told_though_nothing_stopped_the_work() -> None:
    with pytest.raises(TooMuchWork), budget(5):
        sum(i for i in range(100))


def test_errors_within_the_budget_pass() -> None:
    with pytest.raises(KeyError), budget(1000):
        raise KeyError("x")
