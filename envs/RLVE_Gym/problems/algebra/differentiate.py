"""The derivative of a random expression."""

from random import Random

from ..kit import Formula, Parameter
from ..kit.calculus import GRAMMAR, Calculus


class Differentiate(Calculus):
    """Given F(x), write F'(x)."""

    slope = False

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        function, derivative = self.draw_pair(rng, p)
        return {"function": function, "reference_answer": derivative}

    def question(self, p: Parameter) -> str:
        return f"""
Find the derivative F'(x) with respect to x of
F(x) = {p["function"]}
{self.rules(p)}"""

    def answer(self, p: Parameter) -> Formula:
        return Formula("F'(x)", GRAMMAR, ("x*sin(2*x)", "exp(x)/3", "7"))
