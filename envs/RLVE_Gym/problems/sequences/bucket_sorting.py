"""A mode of an array."""

from collections import Counter
from random import Random

from ..kit import Int, Integer, Parameter, Problem, Schedule, add, scale
from ..kit.render import listing


class BucketSorting(Problem[int]):
    """Give a value that occurs most often."""

    invalid_answer: float = -0.5
    correct_answer: float = 1.0
    wrong_answer: float = 0.0

    given = (Int("N", 3), Int("MAX", 1))
    schedule = Schedule(start={"N": 5, "MAX": 2}, grow={"N": scale(1.1), "MAX": add(1)})
    differences = (
        "An instance read back from JSON is judged like a new one; the original looks the answer up in `value2count`, "
        "whose keys are texts there, so that every answer is invalid.",
    )

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        array = [rng.randint(0, p["MAX"]) for _ in range(p["N"])]
        counts = Counter(array)
        return {
            "array": array,
            "value2count": dict(counts),
            "reference_answer": max(array, key=counts.__getitem__),
        }

    def question(self, p: Parameter) -> str:
        return f"""
Here is an array of {p["N"]} integers:
{listing(p["array"])}

Find the value that occurs most often in it. If several values share the highest number of occurrences, any one of them
counts.
"""

    def answer(self, p: Parameter) -> Integer:
        return Integer("a value that occurs most often")

    def score(self, p: Parameter, answer: int) -> float:
        counts: Counter[int] = Counter(p["array"])
        if answer not in counts:
            return self.invalid_answer
        return self.correct_answer if counts[answer] == max(counts.values()) else self.wrong_answer
