from itertools import product

from RLVE_Gym import problems


def oracle(shown: list[list[int]], rows: list[str]) -> bool:
    """Whether the mines fit the numbers, by the rules."""
    for i, j in product(range(len(shown)), range(len(shown[0]))):
        around = sum(
            rows[x][y] == "*"
            for x, y in product(range(len(rows)), range(len(rows[0])))
            if max(abs(x - i), abs(y - j)) == 1
        )
        if shown[i][j] != -1 and (rows[i][j] == "*" or around != shown[i][j]):
            return False
    return True


def test_full_reward_goes_to_the_grids_that_fit() -> None:
    problem = problems.get("Minesweeping")
    for seed in range(40):
        instance = problem.generate(seed, 0)
        p = instance.parameter
        assert oracle(p["grid"], p["reference_answer"].split())
        if p["N"] * p["M"] > 6:
            continue
        for cells in product("*.", repeat=p["N"] * p["M"]):
            rows = ["".join(cells[i * p["M"] : (i + 1) * p["M"]]) for i in range(p["N"])]
            right = problem.verify(instance, "<answer>" + "\n".join(rows) + "</answer>").accuracy == 1
            assert right == oracle(p["grid"], rows)


def test_a_mine_on_a_shown_number_is_refused() -> None:
    problem = problems.get("Minesweeping")
    p = {"MAX_N_M": 2, "density": 0.9, "N": 2, "M": 2, "grid": [[1, -1], [-1, 1]], "reference_answer": ".*\n.."}
    instance = problems.Instance("Minesweeping", 0, 0, p)
    for text, reward in (("*.\n..", -0.5), ("..\n..", 0.0), (".*\n*.", 0.0), ("..\n*.", 1.0)):
        assert problem.reward(instance, f"<answer>{text}</answer>") == reward
