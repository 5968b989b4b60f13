from fractions import Fraction
from itertools import pairwise

from RLVE_Gym import problems


def oracle(lines: list[list[int]]) -> list[int]:
    """The lines that are alone at the top somewhere between two neighbouring points where lines meet."""
    meetings = sorted(
        {Fraction(d - b, a - c) for a, b in lines for c, d in lines if a != c} | {Fraction(-1000), Fraction(1000)}
    )
    found = set()
    for left, right in pairwise(meetings):
        x = (left + right) / 2
        found.add(max(range(len(lines)), key=lambda i: lines[i][0] * x + lines[i][1]))
    return sorted(found)


def test_the_gold_is_the_upper_envelope() -> None:
    for seed in range(120):
        p = problems.get("VisibleLine").generate(seed, seed % 8).parameter
        assert p["gold_answer"] == oracle(p["lines"])


def test_repetitions_do_not_count_and_indices_have_a_range() -> None:
    problem = problems.get("VisibleLine")
    instance = problem.generate(1, 4)
    right = problem.reference(instance)
    assert problem.reward(instance, f"<answer>{right} {right}</answer>") == 1.0
    assert problem.reward(instance, f"<answer>{right} {instance.parameter['N']}</answer>") == -1.0
