import sys
import threading

import pytest

from RLVE_Gym.problems.kit.budget import TooMuchWork, budget


def work(calls: int) -> int:
    def one() -> int:
        return 1

    return sum([one() for _ in range(calls)])


def test_what_fits_is_done() -> None:
    with budget(200):
        assert work(100) == 100


def test_what_does_not_fit_is_stopped_in_every_thread() -> None:
    stopped = []

    def run() -> None:
        try:
            with budget(50):
                work(10**9)
        except TooMuchWork:
            stopped.append(True)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run()
    assert stopped == [True] * 4


def test_handlers_of_ordinary_errors_do_not_swallow_it() -> None:
    def swallowing() -> None:
        try:
            work(1000)
        except Exception:
            pytest.fail("handled")

    with pytest.raises(TooMuchWork), budget(50):
        swallowing()


def test_a_trace_function_is_put_back() -> None:
    def trace(*_: object) -> None:
        return None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        with pytest.raises(TooMuchWork), budget(5):
            work(100)
        assert sys.gettrace() is trace
    finally:
        sys.settrace(before)
