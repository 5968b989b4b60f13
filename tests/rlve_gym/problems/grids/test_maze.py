import pytest

from RLVE_Gym import problems


def oracle(maze: list[str]) -> int:
    """The length of a shortest way: spread from the start until nothing changes."""
    n = len(maze)
    distance = {(0, 0): 0}
    for steps in range(n * n):
        for i, j in [cell for cell, found in distance.items() if found == steps]:
            for x, y in ((i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1)):
                if 0 <= x < n and 0 <= y < n and maze[x][y] == ".":
                    distance.setdefault((x, y), steps + 1)
    return distance[n - 1, n - 1]


def test_the_way_is_shortest() -> None:
    for seed in range(60):
        p = problems.get("Maze").generate(seed, seed % 6).parameter
        assert len(p["reference_answer"]) == oracle(p["maze"])


def test_the_first_fault_decides() -> None:
    problem = problems.get("Maze")
    p = {"N": 4, "density": 0.2, "maze": ["....", "....", "..#.", "...."], "reference_answer": "RRRDDD"}
    instance = problems.Instance("Maze", 0, 0, p)
    for text, reward in (
        ("RRxU", -1.0),
        ("Ux", -0.5),
        ("RRDDx", -0.5),
        ("RRR", -0.2),
        ("", -0.2),
        ("DDDRRR", 1.0),
        ("RLRRRDDD", (6 / 8) ** 3),
    ):
        assert problem.reward(instance, f"<answer>{text}</answer>") == reward


def test_mazes_without_a_way_are_an_error() -> None:
    with pytest.raises(problems.GenerationError, match="density 0.9"):
        problems.get("Maze").generate_from(0, {"N": 20, "density": 0.9})
