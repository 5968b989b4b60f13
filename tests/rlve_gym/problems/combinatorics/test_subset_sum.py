from itertools import combinations

from RLVE_Gym import problems


def oracle(values: list[int], target: int) -> list[tuple[int, ...]]:
    """All right sets of indices."""
    indices = range(len(values))
    subsets = (subset for size in range(len(values) + 1) for subset in combinations(indices, size))
    return [subset for subset in subsets if sum(values[i] for i in subset) == target]


def test_the_reference_is_among_the_right_choices() -> None:
    for seed in range(60):
        p = problems.get("SubsetSum").generate(seed, seed % 6).parameter
        assert all(1 <= value <= p["N"] for value in p["A"])
        assert tuple(sorted(map(int, p["reference_answer"].split()))) in oracle(p["A"], p["target"])


def test_the_score_takes_every_right_choice_and_no_other() -> None:
    problem = problems.get("SubsetSum")
    for seed in range(10):
        instance = problem.generate(seed, 3)
        p = instance.parameter
        right = oracle(p["A"], p["target"])
        for size in range(p["N"] + 1):
            for subset in combinations(range(p["N"]), size):
                reward = problem.reward(instance, f"<answer>{' '.join(map(str, subset))}</answer>")
                assert reward == float(subset in right)


def test_indices_outside_or_repeated_are_invalid() -> None:
    problem = problems.get("SubsetSum")
    instance = problem.generate(0, 0)
    for answer in ("-1", "3", "0 0", "1 2 1"):
        assert problem.reward(instance, f"<answer>{answer}</answer>") == -0.5
