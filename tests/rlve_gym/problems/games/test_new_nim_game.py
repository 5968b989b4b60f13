from itertools import combinations
from random import Random

from RLVE_Gym import problems
from RLVE_Gym.problems.games.new_nim_game import fewest_matches


def wins(left: list[int]) -> bool:
    """Whether the opponent cannot leave heaps that lose for whoever moves: an exclusive-or of 0."""
    for size in range(1, len(left) + 1):
        for rest in combinations(left, size):
            total = 0
            for heap in rest:
                total ^= heap
            if total == 0:
                return False
    return True


def oracle(sizes: list[int]) -> int:
    """The fewest matches over all ways to remove heaps."""
    ways = (set(way) for k in range(len(sizes)) for way in combinations(range(len(sizes)), k))
    return min(
        sum(sizes[i] for i in way) for way in ways if wins([size for i, size in enumerate(sizes) if i not in way])
    )


def test_the_fewest_matches_are_removed() -> None:
    rng = Random(0)
    for _ in range(60):
        sizes = [rng.randint(1, 9) for _ in range(rng.randint(3, 6))]
        assert sum(sizes[i - 1] for i in fewest_matches(sizes)) == oracle(sizes)


def test_reasons_to_refuse() -> None:
    problem = problems.get("NewNimGame")
    instance = problems.Instance("NewNimGame", 0, 0, {"N": 3, "A": [4, 5, 5], "gold_answer": 5})
    for text, reward in (("2 2", -0.5), ("4", -0.5), ("1 2 3", -0.5), ("1", -0.2), ("", -0.2), ("3", 1.0)):
        assert problem.reward(instance, f"<answer>{text}</answer>") == reward
