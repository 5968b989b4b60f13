import operator
from itertools import product
from typing import Any

from RLVE_Gym import problems

OPERATIONS = {"&": operator.and_, "|": operator.or_, "^": operator.xor}


def oracle(formula: str, values: tuple[int, ...]) -> int:
    """The value of the printed formula: its innermost parentheses are replaced until none is left."""
    text = f"({formula})"
    for i, value in enumerate(values):
        text = text.replace(f"x[{i}]", str(value))
    while "(" in text:
        begin = text.rindex("(")
        end = text.index(")", begin)
        left, sign, right = text[begin + 1 : end].split()
        text = text[:begin] + str(OPERATIONS[sign](int(left), int(right))) + text[end + 1 :]
    return int(text)


def test_the_printed_formula_is_the_one_judged() -> None:
    problem = problems.get("Circuit")
    for seed in range(40):
        instance = problem.generate(seed, seed % 4)
        formula: Any = problem.question(instance.parameter).strip().splitlines()[-1]
        for values in product((0, 1), repeat=instance.parameter["N"]):
            reward = problem.reward(instance, f"<answer>{' '.join(map(str, values))}</answer>")
            assert reward == oracle(formula, values)


def test_reasons_to_refuse() -> None:
    problem = problems.get("Circuit")
    instance = problem.generate(0, 0)
    for text in ("", "1", "0 2", "1 1 1"):
        assert problem.reward(instance, f"<answer>{text}</answer>") == -0.5
