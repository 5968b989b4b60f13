"""Post's correspondence problem with each pair used exactly once."""

from random import Random

from ..kit import Int, Number, Parameter, Permutation, Problem, Schedule, add, is_permutation
from ..kit.render import series


class PCPPermutation(Problem[list[int]]):
    """Order pairs of strings so that the first ones and the second ones join to the same string."""

    invalid_solution: float = -0.5
    rewarding_strategy: str = "mean([a=b])^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 10.0

    given = (Int("N", 2), Number("average_length", 1.0))
    schedule = Schedule(
        start={"N": 3},
        grow={"N": add(1)},
        choices=lambda N, average_length_list: [{"N": N, "average_length": length} for length in average_length_list],
        average_length_list=(1.2, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 7.0, 10.0),
    )

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n = p["N"]
        length = max(n + 1, rng.randint(n, int(n * p["average_length"])))
        probability = rng.random()
        hidden = "".join("b" if rng.random() < probability else "a" for _ in range(length))
        first, second = pieces(rng, hidden, n), pieces(rng, hidden, n)
        order = rng.sample(range(n), n)  # index i holds the pieces number order[i]
        return {
            "A": [first[place] for place in order],
            "B": [second[place] for place in order],
            "reference_answer": self.show(p, sorted(range(n), key=order.__getitem__)),
        }

    def question(self, p: Parameter) -> str:
        n = p["N"]
        return f"""
Here are {n} pairs of strings, A[i] and B[i] for i = 0, ..., {n - 1}:
{series("A", p["A"])}
{series("B", p["B"])}

Find an order p_0, ..., p_{n - 1} of the indices 0, ..., {n - 1}, each used exactly once, such that the string
A[p_0] A[p_1] ... A[p_{n - 1}] is equal to the string B[p_0] B[p_1] ... B[p_{n - 1}], both written without anything
between the parts. There is at least one such order; if there are several, any of them counts.
"""

    def answer(self, p: Parameter) -> Permutation:
        return Permutation("p_0, p_1, ... in this order", p["N"])

    def score(self, p: Parameter, answer: list[int]) -> float:
        if not is_permutation(answer, p["N"]):
            return self.invalid_solution
        a, b = ("".join(p[name][i] for i in answer) for name in "AB")
        return self.share(sum(x == y for x, y in zip(a, b, strict=True)), len(a))


def pieces(rng: Random, text: str, count: int) -> list[str]:
    """The text cut at random places into so many parts, none of them empty."""
    cuts = [0, *sorted(rng.sample(range(1, len(text)), count - 1)), len(text)]
    return [text[cuts[i] : cuts[i + 1]] for i in range(count)]
