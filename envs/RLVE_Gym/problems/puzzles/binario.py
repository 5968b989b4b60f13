"""Binario: a 0/1 grid with given counts and no three equal in a line."""

from itertools import product
from random import Random

from ..kit import CharacterGrid, Int, Number, Parameter, Problem, Schedule, add
from ..kit.render import grid, listing


class Binario(Problem[list[str]]):
    """Fill the grid to the given counts of 1s without three equal neighbours in a row or column."""

    invalid_solution: float = -0.5
    rewarding_strategy: str = "(satisfied/all)^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 10.0

    given = (Int("MAX_N_M", 2), Number("sparsity", 0, 1))
    schedule = Schedule(
        start={"MAX_N_M": 2},
        grow={"MAX_N_M": add(1)},
        choices=lambda MAX_N_M, sparsity_list: [{"MAX_N_M": MAX_N_M, "sparsity": s} for s in sparsity_list],
        sparsity_list=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
    )
    differences = (
        "The hidden grid is drawn row by row, each row uniformly among those that fit, instead of by unordered "
        "backtracking, which times out on large grids; generation never fails.",
    )

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n, m = rng.randint(2, p["MAX_N_M"]), rng.randint(2, p["MAX_N_M"])
        full: list[str] = []
        for _ in range(n):
            full.append(random_row(rng, m, full[-2:]))
        matrix = [list(row) for row in full]
        for cell in rng.sample(range(n * m), max(1, int(n * m * p["sparsity"]))):
            matrix[cell // m][cell % m] = "*"
        return {
            "N": n,
            "M": m,
            "row_counts": ones(full),
            "col_counts": ones(transposed(full)),
            "matrix": ["".join(row) for row in matrix],
            "reference_answer": grid(full, ""),
        }

    def question(self, p: Parameter) -> str:
        return f"""
Below is a grid of {p["N"]} rows and {p["M"]} columns with the characters `0`, `1` and `*`:
{grid(p["matrix"], "")}

Replace every `*` by `0` or `1`, keeping the other characters, so that
- the numbers of 1s in the rows, from top to bottom, are: {listing(p["row_counts"])}
- the numbers of 1s in the columns, from left to right, are: {listing(p["col_counts"])}
- no three consecutive cells in a row, and no three consecutive cells in a column, are equal.
"""

    def answer(self, p: Parameter) -> CharacterGrid:
        return CharacterGrid("the complete grid", p["N"], p["M"], "01")

    def score(self, p: Parameter, answer: list[str]) -> float:
        n, m = p["N"], p["M"]
        if any(p["matrix"][i][j] not in ("*", answer[i][j]) for i, j in product(range(n), range(m))):
            return self.invalid_solution
        lines = answer + transposed(answer)
        if any("000" in line or "111" in line for line in lines):
            return self.invalid_solution
        counts = p["row_counts"] + p["col_counts"]
        return self.share(sum(a == b for a, b in zip(ones(lines), counts, strict=True)), n + m)


def ones(lines: list[str]) -> list[int]:
    return [line.count("1") for line in lines]


def transposed(rows: list[str]) -> list[str]:
    return ["".join(column) for column in zip(*rows, strict=True)]


def random_row(rng: Random, m: int, above: list[str]) -> str:
    """A row drawn uniformly among those that may follow the (at most two) rows above.

    There always is one: the last row with 0 and 1 exchanged.
    """
    forbidden = [pair[0] if len(set(pair)) == 1 and len(pair) == 2 else "" for pair in transposed(above)] or [""] * m
    # ways[j][value, run]: the ways to complete the row from cell j on, after `run` cells with `value`.
    states = [("", 0)] + [(value, run) for value in "01" for run in (1, 2)]
    ways = [dict.fromkeys(states, 1)]

    def following(j: int, state: tuple[str, int]) -> list[tuple[str, int]]:
        value, run = state
        after = [(cell, run + 1 if cell == value else 1) for cell in "01" if cell != forbidden[j]]
        return [next_state for next_state in after if next_state[1] < 3]

    for j in reversed(range(m)):
        ways.insert(0, {state: sum(ways[0][after] for after in following(j, state)) for state in states})
    row, state = "", ("", 0)
    for j in range(m):
        ticket = rng.randrange(ways[j][state])
        for state in following(j, state):  # noqa: B020 - the state moves on to the one drawn
            ticket -= ways[j + 1][state]
            if ticket < 0:
                break
        row += state[0]
    return row
