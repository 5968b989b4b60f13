from itertools import product
from random import Random

from RLVE_Gym import problems
from RLVE_Gym.problems.games.las import equilibrium


def satisfied(calories: list[int], foods: list[int]) -> int:
    """How many people do not gain by switching, from the rules."""

    def gets(person: int, choice: list[int]) -> float:
        return calories[choice[person] - 1] / choice.count(choice[person])

    n, content = len(foods), 0
    for person in range(n):
        other = (person + 1) % n + 1 if foods[person] == person + 1 else person + 1
        content += gets(person, [*foods[:person], other, *foods[person + 1 :]]) <= gets(person, foods)
    return content


def oracle(calories: list[int]) -> list[list[int]]:
    """All equilibria."""
    n = len(calories)
    choices = product(*[(i + 1, (i + 1) % n + 1) for i in range(n)])
    return [list(foods) for foods in choices if satisfied(calories, list(foods)) == n]


def test_an_equilibrium_is_found() -> None:
    rng = Random(0)
    for _ in range(150):
        calories = [rng.randint(1, 12) for _ in range(rng.randint(3, 8))]
        assert equilibrium(calories) in oracle(calories)


def test_the_score_counts_content_people() -> None:
    problem, rng = problems.get("LAS", rewarding_beta=1.0), Random(1)
    for seed in range(40):
        instance = problem.generate(seed, 3)
        calories = instance.parameter["A"]
        n = len(calories)
        foods = [rng.choice((i + 1, (i + 1) % n + 1)) for i in range(n)]
        reward = problem.reward(instance, f"<answer>{' '.join(map(str, foods))}</answer>")
        assert abs(reward - satisfied(calories, foods) / n) < 1e-9
