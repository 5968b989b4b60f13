from collections import Counter
from random import Random

from RLVE_Gym import problems


def oracle(clauses: list[list[list[int]]], values: list[int]) -> int:
    """How many clauses have a literal that is true."""
    return sum(any((values[i] == 1) == positive for i, positive in clause) for clause in clauses)


def test_the_share_of_true_clauses_is_scored() -> None:
    rng, problem = Random(0), problems.get("SAT", rewarding_beta=1.0)
    for seed in range(60):
        instance = problem.generate(seed, seed % 5)
        p = instance.parameter
        assert oracle(p["clauses"], list(map(int, p["reference_answer"].split()))) == p["M"]
        values = [rng.randrange(2) for _ in range(p["N"])]
        reward = problem.reward(instance, f"<answer>{' '.join(map(str, values))}</answer>")
        assert abs(reward - oracle(p["clauses"], values) / p["M"]) < 1e-9


def test_clauses_come_as_often_as_by_rejection() -> None:
    """Sizes of clauses against the specification's own way of drawing them, which rejects most of its draws."""
    p = problems.get("SAT").generate_from(5, {"N": 5, "M": 4000, "density": 0.3}).parameter
    ours = Counter(len(clause) for clause in p["clauses"])
    rng, plain = Random(1), Counter[int]()
    while plain.total() < 4000:
        clause = [rng.random() < 0.5 for _ in range(5) if rng.random() < 0.3]
        if len(clause) >= 2 and any(clause):
            plain[len(clause)] += 1
    assert all(abs(ours[size] - plain[size]) < 250 for size in range(2, 6))


def test_there_is_an_example_where_nearly_every_assignment_is_right() -> None:
    problem = problems.get("SAT")
    for seed, level in ((153628121989, 5), (803118544200, 12), (128080240033, 12)):
        instance = problem.generate(seed, level)
        verdict = problem.verify(instance, problem.prompt(instance))
        assert (verdict.format_score, verdict.accuracy) == (1, 0)
