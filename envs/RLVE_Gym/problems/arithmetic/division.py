"""Integer quotient of two numbers."""

from random import Random

from ..kit import Int, Integer, Parameter, Problem, Schedule, add

WORDINGS = (
    "What is the integer quotient of {a} divided by {b}, the remainder left out?",
    "Compute {a} // {b}, that is, {a} / {b} rounded down to an integer.",
    "Divide {a} by {b} and give only the whole part of the result.",
    "What is the greatest integer q with q * {b} <= {a}?",
    "Let a = {a} and b = {b}. What is floor(a / b)?",
    "{a} apples are packed into boxes of {b} apples each. How many boxes are filled completely?",
    "Round {a} / {b} down to an integer. What do you get?",
    "How many full times does {b} fit into {a}?",
    "How many times can {b} be subtracted from {a} before the result would become negative?",
    "Dividing {a} by {b} gives a quotient and a remainder from 0 to {b} - 1. What is the quotient?",
)


class Division(Problem[int]):
    """Give floor(a / b)."""

    correct_answer: float = 1.0
    wrong_answer: float = 0.0

    given = (Int("divisor_digit_num", 1), Int("answer_digit_num", 1))
    schedule = Schedule(
        start={"divisor_digit_num": 1, "answer_digit_num": 1},
        grow={"divisor_digit_num": add(1), "answer_digit_num": add(1)},
    )
    differences = (
        "Wording 7 asks how many times b fits into a; the original exchanges a and b there, while its answer stays "
        "floor(a / b).",
    )

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        b = rng.randint(1, 10 ** p["divisor_digit_num"] - 1)
        quotient, rest = rng.randint(0, 10 ** p["answer_digit_num"] - 1), rng.randint(0, b - 1)
        return {
            "b": b,
            "a": b * quotient + rest,
            "reference_answer": quotient,
            "prompt_template": rng.randrange(len(WORDINGS)),
        }

    def question(self, p: Parameter) -> str:
        return WORDINGS[p["prompt_template"]].format(a=p["a"], b=p["b"])

    def answer(self, p: Parameter) -> Integer:
        return Integer("the quotient, rounded down")

    def score(self, p: Parameter, answer: int) -> float:
        return self.correct_answer if answer == p["reference_answer"] else self.wrong_answer
