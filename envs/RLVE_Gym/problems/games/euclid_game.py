"""Winner of the game of Euclid."""

from random import Random

from ..kit import Choice, Int, Parameter, Problem, Schedule

PLAYERS = ("Stan", "Ollie")


class EuclidGame(Problem[str]):
    """Say who wins the game of Euclid under optimal play."""

    invalid_answer: float = -0.5
    correct_answer: float = 1.0
    wrong_answer: float = 0.0

    given = (Int("MAX_X_Y", 3),)
    schedule = Schedule(start={"MAX_X_Y": 16}, grow={"MAX_X_Y": lambda value: 2 * value})

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        winner = rng.choice(PLAYERS)
        while True:
            x, y = rng.randint(1, p["MAX_X_Y"]), rng.randint(1, p["MAX_X_Y"])
            if PLAYERS[not mover_wins(x, y)] == winner:
                return {"X": x, "Y": y, "reference_answer": winner}

    def question(self, p: Parameter) -> str:
        return f"""
Stan and Ollie play a game with two numbers, X = {p["X"]} and Y = {p["Y"]}. They move in turns; Stan moves first. A move
subtracts a positive multiple of one of the two numbers from the other one, which must not become negative. Whoever
makes a number 0 wins.

Who wins if both play optimally?
"""

    def answer(self, p: Parameter) -> Choice:
        return Choice("the name of the winner", PLAYERS)

    def score(self, p: Parameter, answer: str) -> float:
        if answer not in PLAYERS:
            return self.invalid_answer
        return self.correct_answer if answer == p["reference_answer"] else self.wrong_answer


def mover_wins(x: int, y: int) -> bool:
    """Moves are forced until a quotient is 2 or more; whoever meets that first decides who gets the next position."""
    x, y = max(x, y), min(x, y)
    mover = True
    while x // y == 1 and x != y:
        x, y = y, x - y
        mover = not mover
    return mover
