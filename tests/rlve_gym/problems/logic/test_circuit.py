import operator
from itertools import product
from typing import Any

import pytest

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


def test_the_operators_can_be_weighted() -> None:
    tree = problems.get("Circuit", binary_ops_probs={"|": 2}).generate(0, 5).parameter["tree"]
    assert "|" in str(tree)
    assert not {"&", "^"} & set(str(tree))
    for bad in ({"&": 1, "nand": 1}, [0.25, 0.25, 0.5]):
        with pytest.raises(ValueError, match="weights >= 0 of &"):
            problems.get("Circuit", binary_ops_probs=bad)


def test_a_formula_that_is_never_true_is_an_error() -> None:
    """A conjunction of hundreds of variables is true for one drawn assignment in so many."""
    with pytest.raises(problems.GenerationError, match="1000"):
        problems.get("Circuit", binary_ops_probs={"&": 1}).generate_from(0, {"N": 100, "M": 500})
