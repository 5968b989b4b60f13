from itertools import product

from RLVE_Gym import problems


def oracle(clauses: list[list[list[int]]], count: int) -> set[tuple[int, ...]]:
    """All assignments that make every clause true."""
    return {
        values
        for values in product((0, 1), repeat=count)
        if all(any((values[i] == 1) == positive for i, positive in clause) for clause in clauses)
    }


def test_full_reward_goes_to_the_satisfying_assignments() -> None:
    problem = problems.get("TwoSAT")
    for seed in range(30):
        instance = problem.generate(seed, seed % 3)
        p = instance.parameter
        satisfying = oracle(p["clauses"], p["N"])
        assert tuple(p["x"]) in satisfying
        for values in product((0, 1), repeat=p["N"]):
            right = problem.verify(instance, f"<answer>{' '.join(map(str, values))}</answer>").accuracy == 1
            assert right == (values in satisfying)
