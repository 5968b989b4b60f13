from collections import Counter
from itertools import product
from random import Random

from RLVE_Gym import problems
from RLVE_Gym.problems import Parameter
from RLVE_Gym.problems.puzzles.binario import random_row


def oracle(p: Parameter) -> list[list[str]]:
    """All grids that satisfy the rules, out of all grids."""
    n, m = p["N"], p["M"]
    found = []
    for cells in product("01", repeat=n * m):
        rows = ["".join(cells[i * m : (i + 1) * m]) for i in range(n)]
        columns = ["".join(row[j] for row in rows) for j in range(m)]
        given = all(c in ("*", cell) for c, cell in zip("".join(p["matrix"]), cells, strict=True))
        counted = [row.count("1") for row in rows] == p["row_counts"]
        counted = counted and [column.count("1") for column in columns] == p["col_counts"]
        if given and counted and not any(run in line for line in rows + columns for run in ("000", "111")):
            found.append(rows)
    return found


def test_exactly_the_solutions_are_right() -> None:
    binario = problems.get("Binario")
    for seed in range(8):
        instance = binario.generate_from(seed, {"MAX_N_M": 3, "sparsity": 0.9})
        p = instance.parameter
        right = oracle(p)
        assert p["reference_answer"].split("\n") in right
        for cells in product("01", repeat=p["N"] * p["M"]):
            rows = ["".join(cells[i * p["M"] : (i + 1) * p["M"]]) for i in range(p["N"])]
            verdict = binario.verify(instance, "<answer>" + "\n".join(rows) + "</answer>")
            assert verdict.accuracy == (rows in right)


def test_rows_are_drawn_uniformly_among_those_that_fit() -> None:
    above = ["0110", "0101"]
    fitting = {
        row
        for row in map("".join, product("01", repeat=4))
        if row[0] == "1" and row[1] == "0" and not any(run in row for run in ("000", "111"))
    }
    rng = Random(0)
    drawn = Counter(random_row(rng, 4, above) for _ in range(3000))
    assert set(drawn) == fitting
    assert min(drawn.values()) > 0.8 * 3000 / len(fitting)
