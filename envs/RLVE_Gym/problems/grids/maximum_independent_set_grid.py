"""Greatest total of cells of a grid that do not touch."""

from itertools import product
from random import Random

from ..kit import CharacterGrid, Int, Parameter, Problem, Schedule, scale
from ..kit.render import grid


class MaximumIndependentSetGrid(Problem[list[str]]):
    """Select cells, no two of them adjacent, of the greatest total value."""

    invalid_solution: float = -0.5
    rewarding_strategy: str = "(answer/gold)^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 3.0

    given = (Int("MAX_N_M", 2),)
    schedule = Schedule(start={"MAX_N_M": 3}, grow={"MAX_N_M": scale(1.1)})

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n, m = rng.randint(2, p["MAX_N_M"]), rng.randint(2, p["MAX_N_M"])
        matrix = [[rng.randint(1, max(n, m)) for _ in range(m)] for _ in range(n)]
        selected = best_selection(matrix)
        return {
            "N": n,
            "M": m,
            "matrix": matrix,
            "gold_answer": total(matrix, selected),
            "reference_answer": "\n".join(selected),
        }

    def solve(self, p: Parameter) -> list[str]:
        return best_selection(p["matrix"])

    def question(self, p: Parameter) -> str:
        return f"""
Below is a matrix of {p["N"]} rows and {p["M"]} columns of positive integers:
{grid(p["matrix"])}

Select cells so that no two selected cells are adjacent (share a side), with the greatest total value possible.
"""

    def answer(self, p: Parameter) -> CharacterGrid:
        return CharacterGrid("the matrix with `1` for a selected cell and `0` for any other", p["N"], p["M"], "01")

    def score(self, p: Parameter, answer: list[str]) -> float:
        columns = ["".join(column) for column in zip(*answer, strict=True)]
        if any("11" in line for line in answer + columns):
            return self.invalid_solution
        return self.ratio(p["gold_answer"], total(p["matrix"], answer))


def total(matrix: list[list[int]], selected: list[str]) -> int:
    return sum(
        value
        for values, marks in zip(matrix, selected, strict=True)
        for value, mark in zip(values, marks, strict=True)
        if mark == "1"
    )


def best_selection(matrix: list[list[int]]) -> list[str]:
    """Rows of 0 and 1. The cells left out are a minimum cut between the colours of a chessboard (Kőnig, with weights).

    The source feeds every white cell and every black cell feeds the sink, as much as the cell is worth.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import breadth_first_order, maximum_flow

    n, m = len(matrix), len(matrix[0])
    source, sink = n * m, n * m + 1
    arcs: list[tuple[int, int, int]] = []
    for i, j in product(range(n), range(m)):
        cell, value = i * m + j, matrix[i][j]
        if (i + j) % 2:
            arcs.append((cell, sink, value))
            continue
        arcs.append((source, cell, value))
        neighbours = ((i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1))
        arcs += [(cell, x * m + y, value) for x, y in neighbours if 0 <= x < n and 0 <= y < m]
    tails, heads, capacities = (list(column) for column in zip(*arcs, strict=True))
    network = csr_array((capacities, (tails, heads)), shape=(n * m + 2, n * m + 2), dtype="int32")
    residual = network - maximum_flow(network, source, sink).flow
    residual.eliminate_zeros()
    reached = set(breadth_first_order(residual, source, return_predecessors=False).tolist())
    return ["".join("1" if (i * m + j in reached) == ((i + j) % 2 == 0) else "0" for j in range(m)) for i in range(n)]
