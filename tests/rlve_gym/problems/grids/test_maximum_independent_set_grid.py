from itertools import product
from random import Random

from RLVE_Gym import problems
from RLVE_Gym.problems.grids.maximum_independent_set_grid import best_selection, total


def oracle(matrix: list[list[int]]) -> int:
    """The best total over all selections."""
    cells = list(product(range(len(matrix)), range(len(matrix[0]))))
    best = 0
    for chosen in product((0, 1), repeat=len(cells)):
        selected = {cell for cell, mark in zip(cells, chosen, strict=True) if mark}
        if not any((i + 1, j) in selected or (i, j + 1) in selected for i, j in selected):
            best = max(best, sum(matrix[i][j] for i, j in selected))
    return best


def test_the_selection_is_best() -> None:
    rng = Random(0)
    for _ in range(40):
        n, m = rng.choice(((1, 5), (2, 2), (2, 4), (3, 3), (4, 2), (3, 4)))
        matrix = [[rng.randint(1, 5) for _ in range(m)] for _ in range(n)]
        assert total(matrix, best_selection(matrix)) == oracle(matrix)


def test_adjacent_cells_are_refused() -> None:
    problem = problems.get("MaximumIndependentSetGrid")
    p = {"MAX_N_M": 3, "N": 2, "M": 2, "matrix": [[1, 2], [2, 1]], "gold_answer": 4}
    instance = problems.Instance("MaximumIndependentSetGrid", 0, 0, p)
    for text, reward in (("11\n00", -0.5), ("10\n10", -0.5), ("10\n01", 0.125), ("01\n10", 1.0), ("00\n00", 0.0)):
        assert problem.reward(instance, f"<answer>{text}</answer>") == reward
