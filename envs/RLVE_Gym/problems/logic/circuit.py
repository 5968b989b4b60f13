"""Satisfying assignment of a Boolean formula."""

from collections.abc import Mapping
from random import Random
from typing import Any

from ..kit import GenerationError, Int, Integers, Parameter, Problem, Schedule, add
from ..kit.weights import pick, weights_of

PROBABILITIES = {"&": 0.25, "|": 0.25, "^": 0.5}

TRIES = 1000
"""Formulas drawn before one that is true for the values drawn with it is given up."""

Tree = Any
"""The index of a variable, or (left tree, operator, right tree)."""


class Circuit(Problem[list[int]]):
    """Find values of the variables that make a formula true.

    Args:
        binary_ops_probs: Weights of & | ^; 0 if left out.

    Raises:
        ValueError: weights of other operators, or none above 0.
    """

    binary_ops_probs: dict[str, float] | None = None
    invalid_solution: float = -0.5
    correct_solution: float = 1.0
    wrong_solution: float = 0.0

    given = (Int("N", 2), Int("M", 2))
    schedule = Schedule(
        start={"N": 2},
        grow={"N": add(1)},
        choices=lambda N, M_multiple_list: [{"N": N, "M": int(multiple * N)} for multiple in M_multiple_list],
        M_multiple_list=tuple(tenths / 10 for tenths in range(20, 51)),
    )

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.operators = weights_of("binary_ops_probs", PROBABILITIES, self.binary_ops_probs)

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        for _ in range(TRIES):
            values = [rng.randrange(2) for _ in range(p["N"])]
            tree = random_tree(rng, p["N"], p["M"], self.operators)
            if value_of(tree, values):
                return {"tree": tree, "reference_answer": self.show(p, values)}
        raise GenerationError(f"none of {TRIES} formulas was true for its values; change binary_ops_probs")

    def question(self, p: Parameter) -> str:
        formula = written(p["tree"])
        formula = formula[1:-1] if formula.startswith("(") else formula
        return f"""
There are {p["N"]} variables, x[0] to x[{p["N"] - 1}], each 0 or 1. In the formula below, `&` is AND, `|` is OR
and `^` is XOR of two values that are 0 or 1. Find values of the variables for which the formula is 1; any such values
will do.

{formula}
"""

    def answer(self, p: Parameter) -> Integers:
        return Integers(f"the {p['N']} values of x[0], x[1], ... in order, each 0 or 1", shown=p["N"], within=(0, 1))

    def score(self, p: Parameter, answer: list[int]) -> float:
        if len(answer) != p["N"] or not all(value in (0, 1) for value in answer):
            return self.invalid_solution
        return self.correct_solution if value_of(p["tree"], answer) else self.wrong_solution


def random_tree(rng: Random, variables: int, leaves: int, operators: Mapping[str, float]) -> Tree:
    """A tree with so many leaves, each a uniformly drawn variable, split in two at a uniformly drawn place."""
    if leaves == 1:
        return rng.randrange(variables)
    first = rng.randint(1, leaves - 1)
    left = random_tree(rng, variables, first, operators)
    right = random_tree(rng, variables, leaves - first, operators)
    return (left, pick(rng, operators), right)


def value_of(tree: Tree, values: list[int]) -> int:
    if isinstance(tree, int):
        return values[tree]
    left, operator, right = value_of(tree[0], values), tree[1], value_of(tree[2], values)
    return left & right if operator == "&" else left | right if operator == "|" else left ^ right


def written(tree: Tree) -> str:
    """The formula with every operation in parentheses."""
    return f"x[{tree}]" if isinstance(tree, int) else f"({written(tree[0])} {tree[1]} {written(tree[2])})"
