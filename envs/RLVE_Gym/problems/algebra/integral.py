"""An antiderivative of a random expression."""

from random import Random

from ..kit import Formula, Parameter
from ..kit.calculus import GRAMMAR, Calculus


class Integral(Calculus):
    """Given F'(x), write F(x)."""

    slope = True

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        function, derivative = self.draw_pair(rng, p)
        return {"reference_answer": function, "f_prime": derivative}

    def question(self, p: Parameter) -> str:
        return f"""
Find an antiderivative F(x), that is, a function whose derivative with respect to x is
F'(x) = {p["f_prime"]}

Any of them counts: additive constants are free. What is compared with F'(x) is the derivative of your expression.
{self.rules(p)}"""

    def answer(self, p: Parameter) -> Formula:
        return Formula("F(x)", GRAMMAR, ("x*sin(2*x)", "exp(x)/3", "7"))
