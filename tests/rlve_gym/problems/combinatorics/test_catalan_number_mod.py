from itertools import combinations, permutations

from RLVE_Gym import problems
from RLVE_Gym.problems.combinatorics.catalan_number_mod import catalan


def oracle(n: int) -> int:
    """Tries all permutations."""

    def fits(a: tuple[int, ...]) -> bool:
        rows_increase = all(a[i] < a[i + 2] for i in range(2 * n - 2))
        return rows_increase and all(a[i] < a[i + 1] for i in range(0, 2 * n, 2))

    return sum(fits(a) for a in permutations(range(1, 2 * n + 1)))


def by_rows(n: int) -> int:
    """Tries all sets of elements at odd positions, which fix the permutation."""
    count = 0
    for odd in combinations(range(2 * n), n):
        even = [x for x in range(2 * n) if x not in odd]
        count += all(x < y for x, y in zip(odd, even, strict=True))
    return count


def test_the_count_is_right() -> None:
    assert [catalan(n) for n in range(1, 5)] == [oracle(n) for n in range(1, 5)]
    assert [catalan(n) for n in range(1, 8)] == [by_rows(n) for n in range(1, 8)]


def test_the_modulus_is_applied() -> None:
    problem = problems.get("CatalanNumberMod", max_MOD=4)
    for seed in range(30):
        p = problem.generate_from(seed, {"MAX_N": 7}).parameter
        assert 2 <= p["N"] <= 7
        assert 2 <= p["MOD"] <= 4
        assert p["reference_answer"] == by_rows(p["N"]) % p["MOD"]


def test_a_residue_outside_the_range_is_not_right() -> None:
    problem = problems.get("CatalanNumberMod")
    instance = problem.generate(0, 5)
    mod, gold = instance.parameter["MOD"], instance.parameter["reference_answer"]
    for answer in (gold + mod, gold - mod, -1, mod):
        assert problem.reward(instance, f"<answer>{answer}</answer>") == -0.5
