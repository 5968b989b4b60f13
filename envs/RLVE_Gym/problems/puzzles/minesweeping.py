"""Mines placed to fit given counts."""

from itertools import product
from random import Random

from ..kit import CharacterGrid, Int, Number, Parameter, Problem, Schedule, add
from ..kit.render import grid


class Minesweeping(Problem[list[str]]):
    """Place mines so that every shown number counts the mines around it."""

    mine_density_range: tuple[float, float] = (0.4, 0.7)
    invalid_solution: float = -0.5
    rewarding_strategy: str = "(satisfied/all)^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 10.0

    given = (Int("MAX_N_M", 2), Number("density", 0, 1))
    schedule = Schedule(
        start={"MAX_N_M": 4},
        grow={"MAX_N_M": add(1)},
        choices=lambda MAX_N_M, density_list: [{"MAX_N_M": MAX_N_M, "density": d} for d in density_list],
        density_list=(0.6, 0.7, 0.8, 0.9, 0.95),
    )

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n, m = rng.randint(2, p["MAX_N_M"]), rng.randint(2, p["MAX_N_M"])
        low, high = self.mine_density_range
        mines = max(1, min(int(n * m * rng.uniform(low, high)), n * m - 1))
        hidden = [["."] * m for _ in range(n)]
        for cell in rng.sample(range(n * m), mines):
            hidden[cell // m][cell % m] = "*"
        rows = ["".join(row) for row in hidden]
        empty = [(i, j) for i, j in product(range(n), range(m)) if rows[i][j] == "."]
        shown = [[-1] * m for _ in range(n)]
        for i, j in rng.sample(empty, max(1, int(len(empty) * p["density"]))):
            shown[i][j] = mines_around(rows, i, j)
        return {"N": n, "M": m, "grid": shown, "reference_answer": "\n".join(rows)}

    def question(self, p: Parameter) -> str:
        return f"""
Below is a matrix of {p["N"]} rows and {p["M"]} columns:
{grid(p["grid"])}

Place mines in a grid of the same shape. A cell whose number in the matrix is not -1 has no mine, and exactly that many
of its neighbours (the up to 8 cells around it, diagonally adjacent ones included) have a mine. A cell with -1 may have
a mine or not. Any grid that fits will do.
"""

    def answer(self, p: Parameter) -> CharacterGrid:
        return CharacterGrid("the grid with `*` for a mine and `.` for no mine", p["N"], p["M"], "*.")

    def score(self, p: Parameter, answer: list[str]) -> float:
        shown = [(i, j, count) for i, row in enumerate(p["grid"]) for j, count in enumerate(row) if count != -1]
        if any(answer[i][j] == "*" for i, j, _ in shown):
            return self.invalid_solution
        return self.share(sum(mines_around(answer, i, j) == count for i, j, count in shown), len(shown))


def mines_around(rows: list[str], i: int, j: int) -> int:
    """The mines among the neighbours of a cell that has none itself."""
    return sum(row[max(0, j - 1) : j + 2].count("*") for row in rows[max(0, i - 1) : i + 2])
