"""Sudoku with boxes of N rows and M columns."""

from random import Random

from ..kit import Int, Number, Parameter, Problem, Rows, Schedule, add
from ..kit.render import grid


class Sudoku(Problem[list[list[int]]]):
    """Fill the grid so that every row, column and box holds 1, ..., NM once."""

    invalid_solution: float = -0.5
    wrong_solution: float = 0.0
    correct_solution: float = 1.0

    given = (Int("MAX_N_M", 2), Number("sparsity", 0, 1))
    schedule = Schedule(
        start={"MAX_N_M": 2},
        grow={"MAX_N_M": add(1)},
        choices=lambda MAX_N_M, sparsity_list: [{"MAX_N_M": MAX_N_M, "sparsity": s} for s in sparsity_list],
        sparsity_list=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
    )

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n, m = rng.randint(2, p["MAX_N_M"]), rng.randint(2, p["MAX_N_M"])
        full = random_grid(rng, n, m)
        if rng.random() < 0.5:
            full = [list(column) for column in zip(*full, strict=True)]
            n, m = m, n
        size = n * m
        puzzle = [list(row) for row in full]
        for cell in rng.sample(range(size * size), max(1, int(size * size * p["sparsity"]))):
            puzzle[cell // size][cell % size] = 0
        return {"N": n, "M": m, "NM": size, "sudoku": puzzle, "reference_answer": grid(full)}

    def question(self, p: Parameter) -> str:
        n, m, size = p["N"], p["M"], p["NM"]
        return f"""
Solve this Sudoku of {size} rows and {size} columns, in which 0 stands for an empty cell:
{grid(p["sudoku"])}

Replace every 0 by an integer from 1 to {size} so that every row, every column and every box contains each of the
integers from 1 to {size} exactly once. The boxes are blocks of {n} adjacent rows by {m} adjacent columns: the first
starts in the upper left corner, and they tile the grid. The given integers stay as they are. Any grid that satisfies
this is right.
"""

    def answer(self, p: Parameter) -> Rows:
        return Rows("the complete grid, row by row", rows=p["NM"], columns=p["NM"])

    def score(self, p: Parameter, answer: list[list[int]]) -> float:
        n, m, size = p["N"], p["M"], p["NM"]
        for row, clues in zip(answer, p["sudoku"], strict=True):
            changed = any(clue and clue != value for clue, value in zip(clues, row, strict=True))
            if changed or min(row) < 1 or max(row) > size:
                return self.invalid_solution
        boxes = [
            [answer[i + x][j + y] for x in range(n) for y in range(m)]
            for i in range(0, size, n)
            for j in range(0, size, m)
        ]
        units = [*answer, *zip(*answer, strict=True), *boxes]
        return self.correct_solution if all(len(set(unit)) == size for unit in units) else self.wrong_solution


def random_grid(rng: Random, n: int, m: int) -> list[list[int]]:
    """A complete grid: the cyclic pattern with its symbols, rows, bands, columns and stacks shuffled."""
    size = n * m
    symbols = rng.sample(range(1, size + 1), size)
    rows = [band * n + r for band in rng.sample(range(m), m) for r in rng.sample(range(n), n)]
    columns = [stack * m + c for stack in rng.sample(range(n), n) for c in rng.sample(range(m), m)]
    return [[symbols[(m * (r % n) + r // n + c) % size] for c in columns] for r in rows]
