from random import Random

import pytest

from RLVE_Gym.problems import GenerationError
from RLVE_Gym.problems.kit.linear import dot, sparse_row


def test_dot() -> None:
    assert dot([3, 0, -1], [1, 5, 2]) == 1
    with pytest.raises(ValueError, match="zip"):
        dot([1, 2], [1])


def test_sparse_rows_are_never_all_zero() -> None:
    rng = Random(0)
    rows = [sparse_row(rng, 3, 0.25, lambda: rng.choice((-2, 7))) for _ in range(300)]
    assert all(len(row) == 3 and any(row) for row in rows)
    assert {value for row in rows for value in row} == {-2, 0, 7}
    assert sparse_row(rng, 4, 1.0, lambda: 1) == [1, 1, 1, 1]
    with pytest.raises(GenerationError, match="coefficient_non_zero_probability"):
        sparse_row(rng, 3, 0.0, lambda: 1)
