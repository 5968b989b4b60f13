from itertools import product

from RLVE_Gym import problems


def oracle(puzzle: list[list[int]], n: int, m: int) -> list[list[list[int]]]:
    """All completions, by trying every value in every empty cell."""
    size = n * m
    empty = next(((i, j) for i in range(size) for j in range(size) if not puzzle[i][j]), None)
    if empty is None:
        return [[list(row) for row in puzzle]]
    i, j = empty
    top, left = i // n * n, j // m * m
    seen = {puzzle[i][y] for y in range(size)} | {puzzle[x][j] for x in range(size)}
    seen |= {puzzle[x][y] for x in range(top, top + n) for y in range(left, left + m)}
    found = []
    for value in set(range(1, size + 1)) - seen:
        puzzle[i][j] = value
        found += oracle(puzzle, n, m)
        puzzle[i][j] = 0
    return found


def test_exactly_the_completions_are_right() -> None:
    sudoku = problems.get("Sudoku")
    for seed in range(6):
        instance = sudoku.generate_from(seed, {"MAX_N_M": 2, "sparsity": 0.6})
        p = instance.parameter
        right = oracle(p["sudoku"], p["N"], p["M"])
        assert p["reference_answer"] in [text(grid) for grid in right]
        for grid in right:
            assert sudoku.reward(instance, f"<answer>{text(grid)}</answer>") == 1.0
        zeros = [(i, j) for i, j in product(range(4), repeat=2) if not p["sudoku"][i][j]]
        for i, j in zeros:
            wrong = [list(row) for row in right[0]]
            wrong[i][j] = wrong[i][j] % 4 + 1
            assert wrong not in right
            assert sudoku.reward(instance, f"<answer>{text(wrong)}</answer>") == 0.0


def test_boxes_lie_as_the_rules_say() -> None:
    """With boxes of 2 rows by 3 columns a grid of shifted rows breaks the boxes only."""
    p = {"N": 2, "M": 3, "NM": 6, "sudoku": [[0] * 6 for _ in range(6)]}
    instance = problems.Instance("Sudoku", 0, 0, p)
    by_shift = {1: 0.0, 3: 1.0}
    for shift, reward in by_shift.items():
        rows = [[(shift * (i % 2) + i // 2 + j if shift == 3 else i + j) % 6 + 1 for j in range(6)] for i in range(6)]
        assert problems.get("Sudoku").reward(instance, f"<answer>{text(rows)}</answer>") == reward


def test_planted_grids_of_every_shape_are_right() -> None:
    sudoku = problems.get("Sudoku")
    shapes = set()
    for seed in range(40):
        instance = sudoku.generate_from(seed, {"MAX_N_M": 4, "sparsity": 0.5})
        shapes.add((instance.parameter["N"], instance.parameter["M"]))
        assert sudoku.verify(instance, f"<answer>{sudoku.reference(instance)}</answer>").accuracy == 1
    assert shapes == set(product((2, 3, 4), repeat=2))


def text(grid: list[list[int]]) -> str:
    return "\n".join(" ".join(map(str, row)) for row in grid)
