"""Distances in a grid to the nearest source."""

from random import Random

from ..kit import Int, Parameter, Problem, Rows, Schedule, scale
from ..kit.render import grid


class GridBFS(Problem[list[list[int]]]):
    """Give each cell's distance to the nearest 1, around the walls."""

    rewarding_strategy: str = "mean([gold=answer])^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 10.0

    given = (Int("MAX_N_M", 2),)
    schedule = Schedule(start={"MAX_N_M": 4}, grow={"MAX_N_M": scale(1.1)})

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n, m = rng.randint(2, p["MAX_N_M"]), rng.randint(2, p["MAX_N_M"])
        weights = [rng.randint(1, n * m) for _ in "01X"]
        cells = [rng.choices("01X", weights, k=m) for _ in range(n)]
        gold = distances(cells)
        return {"N": n, "M": m, "grid": cells, "gold_answer": gold, "reference_answer": grid(gold)}

    def question(self, p: Parameter) -> str:
        return f"""
Below is a grid of {p["N"]} rows and {p["M"]} columns. A cell `X` is a wall; the cells `0` and `1` are free.
{grid(p["grid"], "")}

For every cell find the least number of steps from it to a cell with `1`. A step goes up, down, left or right to an
adjacent cell inside the grid that is free. A cell with `1` has the distance 0. Walls, and free cells from which no
cell with `1` can be reached, have the distance -1.
"""

    def answer(self, p: Parameter) -> Rows:
        return Rows("the distances of all cells, row by row", rows=p["N"], columns=p["M"])

    def score(self, p: Parameter, answer: list[list[int]]) -> float:
        gold = p["gold_answer"]
        if self.rewarding_strategy == "gold=answer":
            return float(answer == gold)
        equal = sum(a == b for row, other in zip(gold, answer, strict=True) for a, b in zip(row, other, strict=True))
        return self.share(equal, p["N"] * p["M"])


def distances(cells: list[list[str]]) -> list[list[int]]:
    """Breadth-first search from all the cells with 1 at once."""
    n, m = len(cells), len(cells[0])
    distance = [[0 if cell == "1" else -1 for cell in row] for row in cells]
    frontier = [(i, j) for i in range(n) for j in range(m) if cells[i][j] == "1"]
    for i, j in frontier:  # grows while it is walked through
        for x, y in ((i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1)):
            if 0 <= x < n and 0 <= y < m and cells[x][y] == "0" and distance[x][y] < 0:
                distance[x][y] = distance[i][j] + 1
                frontier.append((x, y))
    return distance
