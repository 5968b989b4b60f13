from itertools import permutations

from RLVE_Gym import problems


def oracle(n: int, m: int) -> int:
    """Tries all permutations."""
    return sum(sum(i == x for i, x in enumerate(a)) == m for a in permutations(range(n)))


def test_the_count_is_right() -> None:
    seen = set()
    for seed in range(60):
        p = problems.get("DerangementExtension").generate(seed, seed % 4).parameter
        assert p["reference_answer"] == oracle(p["N"], p["M"])
        seen.add(p["N"] - p["M"])
    assert {0, 1, 2} <= seen  # no derangement of one element, one of none


def test_the_modulus_is_applied() -> None:
    problem = problems.get("DerangementExtension")
    for seed in range(20):
        instance = problem.generate(seed, 40)
        mod, gold = instance.parameter["MOD"], instance.parameter["reference_answer"]
        assert 0 <= gold < mod
        assert problem.reward(instance, f"<answer>{gold + mod}</answer>") == -0.5
