"""Shortest way through a maze."""

from random import Random

from ..kit import GenerationError, Int, Number, Parameter, Problem, Schedule, Text, scale
from ..kit.render import grid

STEPS = {"L": (0, -1), "R": (0, 1), "U": (-1, 0), "D": (1, 0)}

TRIES = 1000
"""Mazes drawn before one with a way is given up: at high densities hardly any has one."""


class Maze(Problem[str]):
    """Give a shortest way from corner to corner as a string of moves."""

    invalid_solution: float = -0.5
    unsuccessful_solution: float = -0.2
    rewarding_strategy: str = "(gold/answer)^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 3.0

    given = (Int("N", 2), Number("density", 0, 0.999))
    schedule = Schedule(
        start={"N": 4},
        grow={"N": scale(1.1)},
        choices=lambda N, density_list: [{"N": N, "density": density} for density in density_list],
        density_list=(0.1, 0.2, 0.3, 0.4),
    )

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n = p["N"]
        for _ in range(TRIES):
            maze = [["#" if rng.random() < p["density"] else "." for _ in range(n)] for _ in range(n)]
            maze[0][0] = maze[n - 1][n - 1] = "."
            way = shortest_way(maze)
            if way is not None:
                return {"maze": ["".join(row) for row in maze], "reference_answer": way}
        raise GenerationError(f"none of {TRIES} mazes of side {n} and density {p['density']} had a way through")

    def question(self, p: Parameter) -> str:
        n = p["N"]
        return f"""
Below is a maze of {n} rows and {n} columns; `.` is an open cell and `#` is a wall:
{grid(p["maze"], "")}

Go from the top left cell to the bottom right cell by steps to adjacent open cells: `L` (left), `R` (right), `U` (up)
and `D` (down), never leaving the maze, in as few steps as possible.
"""

    def answer(self, p: Parameter) -> Text:
        return Text("the steps in order", letters="LRUD")

    def score(self, p: Parameter, answer: str) -> float:
        n, maze = p["N"], p["maze"]
        row = column = 0
        for letter in answer:
            if letter not in STEPS:
                return self.wrong_format
            row, column = row + STEPS[letter][0], column + STEPS[letter][1]
            if not (0 <= row < n and 0 <= column < n) or maze[row][column] == "#":
                return self.invalid_solution
        if (row, column) != (n - 1, n - 1):
            return self.unsuccessful_solution
        return self.ratio(len(p["reference_answer"]), len(answer))


def shortest_way(maze: list[list[str]]) -> str | None:
    """A shortest string of steps through a square maze, None where there is no way (breadth-first search)."""
    n = len(maze)
    reached_by = {(0, 0): ""}
    frontier = [(0, 0)]
    for row, column in frontier:  # grows while it is walked through
        for letter, (down, right) in STEPS.items():
            cell = (row + down, column + right)
            if 0 <= cell[0] < n and 0 <= cell[1] < n and maze[cell[0]][cell[1]] == "." and cell not in reached_by:
                reached_by[cell] = letter
                frontier.append(cell)
    cell = (n - 1, n - 1)
    if cell not in reached_by:
        return None
    way = []
    while cell != (0, 0):
        letter = reached_by[cell]
        way.append(letter)
        cell = (cell[0] - STEPS[letter][0], cell[1] - STEPS[letter][1])
    return "".join(reversed(way))
