from itertools import product

import pytest

from RLVE_Gym import problems

CUBE = ["..+---+", "./   /|", "+---+ |", "|   | +", "|   |/.", "+---+.."]


def oracle(heights: list[list[int]]) -> str:
    """Each cell of the picture by itself: the character of the nearest cube that covers it."""
    m, n = len(heights), len(heights[0])
    cubes = [(i, j, k) for i, j in product(range(1, m + 1), range(1, n + 1)) for k in range(heights[i - 1][j - 1])]

    def cell(up: int, right: int) -> str:
        covers = [(0, 0, 0, ".")]
        for i, j, k in cubes:
            line, column = up - 2 * (m - i) - 3 * k, right - 2 * (m - i) - 4 * (j - 1)
            if 0 <= line < 6 and 0 <= column < 7 and CUBE[5 - line][column] != ".":
                covers.append((i, j, k, CUBE[5 - line][column]))
        return max(covers, key=lambda cover: cover[:3])[3]

    tall = max(2 * (m - i) + 3 * k + 6 for i, j, k in cubes)
    return "\n".join("".join(cell(up, right) for right in range(4 * n + 2 * m + 1)) for up in reversed(range(tall)))


def test_the_reference_is_the_picture_cell_by_cell() -> None:
    for seed in range(25):
        p = problems.get("BlockImage").generate(seed, seed % 4).parameter
        assert p["reference_answer"] == oracle(p["grid"])


def test_pictures_are_judged_line_by_line() -> None:
    picture = "\n".join(CUBE)
    p = {"MAX_M_N": 1, "M": 1, "N": 1, "grid": [[1]], "reference_answer": picture}
    problem, instance = problems.get("BlockImage"), problems.Instance("BlockImage", 0, None, p)
    rewards = {
        picture: 1.0,
        picture.replace("\n", "  \n\n\n "): 1.0,
        picture.replace("./", ".-"): (41 / 42) ** 2,
        "\n".join(CUBE[:5]): 0.0,
        "...": 0.0,
        "...\n....": -1.0,
        ".x.\n....": -0.5,  # the first fault counts
        "...\n....x": -1.0,
        "...\n..x\n.": -0.5,
        " \n ": -1.0,
    }
    for answer, reward in rewards.items():
        assert problem.reward(instance, f"<answer>{answer}</answer>") == pytest.approx(reward), answer
    assert problem.verify(instance, problem.prompt(instance)).accuracy == 0
