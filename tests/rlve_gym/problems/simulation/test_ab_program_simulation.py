from random import Random

import pytest

from RLVE_Gym import problems
from RLVE_Gym.problems.simulation.ab_program_simulation import normal_form

RULES = {("A#", "#A"): [], ("B#", "#B"): [], ("A#", "#B"): ["#B", "A#"], ("B#", "#A"): ["#A", "B#"]}


def oracle(program: list[str], rng: Random) -> tuple[list[str], int]:
    """What is left, and after how many rewrites of pairs picked at random."""
    tokens, steps = list(program), 0
    while places := [i for i in range(len(tokens) - 1) if (tokens[i], tokens[i + 1]) in RULES]:
        i = rng.choice(places)
        tokens[i : i + 2] = RULES[tokens[i], tokens[i + 1]]
        steps += 1
    return tokens, steps


def test_the_gold_is_what_rewriting_leaves_within_the_steps() -> None:
    rng = Random(0)
    for seed in range(60):
        p = problems.get("ABProgramSimulation").generate(seed, seed % 10).parameter
        left, steps = oracle(p["program"], rng)
        assert p["gold_answer"] == left
        assert steps < p["max_steps"]


def test_the_number_of_rewrites_is_exact() -> None:
    rng = Random(1)
    for _ in range(100):
        program = rng.choices(("A#", "#A", "B#", "#B"), k=rng.randint(1, 30))
        left, steps = oracle(program, rng)
        assert normal_form(program, steps) == left
        assert not steps or normal_form(program, steps - 1) is None


def test_an_empty_end_is_answered_by_nothing() -> None:
    problem = problems.get("ABProgramSimulation")
    instance = next(i for i in (problem.generate(seed, 0) for seed in range(1000)) if not i.parameter["gold_answer"])
    assert problem.reference(instance) == ""
    assert problem.reward(instance, "<answer> </answer>") == 1.0
    assert problem.reward(instance, "<answer>A# #A</answer>") == 0.0
    assert problem.reward(instance, "<answer>A##A</answer>") == -1.0


def test_programs_that_never_end_in_time_are_given_up() -> None:
    with pytest.raises(problems.GenerationError, match="none of 2000 programs of 150 tokens"):
        problems.get("ABProgramSimulation").generate_from(0, {"N": 150, "max_steps": 1})
