from random import Random

from RLVE_Gym.problems.grids.spiral_matrix import spiral


def oracle(matrix: list[list[int]]) -> list[int]:
    """Walk: go on as long as the next cell is new, else turn right."""
    i, j, down, right = 0, 0, 0, 1
    seen: dict[tuple[int, int], int] = {}
    cells = {(r, c): value for r, row in enumerate(matrix) for c, value in enumerate(row)}
    while len(seen) < len(cells):
        seen[i, j] = cells[i, j]
        if (i + down, j + right) not in cells or (i + down, j + right) in seen:
            down, right = right, -down
        i, j = i + down, j + right
    return list(seen.values())


def test_the_order_is_that_of_a_walk() -> None:
    rng = Random(0)
    for _ in range(80):
        m, n = rng.randint(1, 7), rng.randint(1, 7)
        matrix = [[rng.randint(1, 99) for _ in range(n)] for _ in range(m)]
        assert spiral(matrix) == oracle(matrix)
