"""Multiplication of two non-negative integers."""

from random import Random

from ..kit import Int, Integer, Parameter, Problem, Schedule, add

WORDINGS = (
    "What is {a} * {b}?",
    "Compute {a} * {b}.",
    "Multiply {a} by {b}. What do you get?",
    "Find the product of {a} and {b}.",
    "How much is {a} times {b}?",
    "Let a = {a} and b = {b}. What is a * b?",
    "A factory packs {b} parts into each of {a} boxes. How many parts are there in all?",
    "A field is {a} units long and {b} units wide. What is its area in square units?",
    "Calculate the value of {a} * {b} exactly.",
    "There are {a} rows with {b} seats each. How many seats are there?",
)


class Multiplication(Problem[int]):
    """Give a * b."""

    correct_answer: float = 1.0
    wrong_answer: float = 0.0

    given = (Int("digit_num", 1),)
    schedule = Schedule(start={"digit_num": 2}, grow={"digit_num": add(1)})

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        largest = 10 ** p["digit_num"] - 1
        a, b = rng.randint(0, largest), rng.randint(0, largest)
        return {"a": a, "b": b, "reference_answer": a * b, "prompt_template": rng.randrange(len(WORDINGS))}

    def question(self, p: Parameter) -> str:
        return WORDINGS[p["prompt_template"]].format(a=p["a"], b=p["b"])

    def answer(self, p: Parameter) -> Integer:
        return Integer("the product")

    def score(self, p: Parameter, answer: int) -> float:
        return self.correct_answer if answer == p["reference_answer"] else self.wrong_answer
