"""Probability of an order of first draws along a tree."""

from random import Random

from ..kit import Int, Integer, Parameter, Problem, Schedule, scale

MOD = 998244353


class MoneyChargingGame(Problem[int]):
    """Give the probability, modulo a prime, that items of random weight are first drawn in an order along a tree."""

    wrong_range: float = -0.5
    correct_answer: float = 1.0
    wrong_answer: float = 0.0

    given = (Int("N", 2),)
    schedule = Schedule(start={"N": 2}, grow={"N": scale(1.1)})

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n = p["N"]
        a, b, c = ([rng.randint(1, n) for _ in range(n)] for _ in range(3))
        order = rng.sample(range(n), n)
        tree = [(order[rng.randrange(i)], order[i]) for i in range(1, n)]
        turned = rng.random()
        tree = [(v, u) if rng.random() < turned else (u, v) for u, v in tree]
        rng.shuffle(tree)
        return {
            "A": a,
            "B": b,
            "C": c,
            "T_inequalities": tree,
            "reference_answer": probability(list(zip(a, b, c, strict=True)), tree),
        }

    def question(self, p: Parameter) -> str:
        n = p["N"]
        rows = enumerate(zip(p["A"], p["B"], p["C"], strict=True))
        numbers = "\n".join(f"A[{i}][1..3] = {a} {b} {c}" for i, (a, b, c) in rows)
        conditions = "\n".join(f"T[{u}] < T[{v}]" for u, v in p["T_inequalities"])
        return f"""
There are {n} items, numbered from 0 to {n - 1}. Item i has three positive integers A[i][1], A[i][2], A[i][3]:
{numbers}

First every item i gets a random weight W[i], independently of the others: W[i] is 1, 2 or 3, and it is j with
probability A[i][j] / (A[i][1] + A[i][2] + A[i][3]).
Then items are drawn one after the other, each time item i with probability W[i] / (W[0] + ... + W[{n - 1}]), whether it
was drawn before or not. This goes on until every item has been drawn at least once. T[i] is the number of the draw that
gives item i for the first time.

What is the probability that all of these conditions hold?
{conditions}

The probability is a fraction P/Q. Give it modulo the prime {MOD}: the integer x from 0 to {MOD - 1} with
x * Q = P (mod {MOD}).
"""

    def answer(self, p: Parameter) -> Integer:
        return Integer(f"the probability modulo {MOD}")

    def score(self, p: Parameter, answer: int) -> float:
        if not 0 <= answer < MOD:
            return self.wrong_range
        return self.correct_answer if answer == p["reference_answer"] else self.wrong_answer


def probability(chances: list[tuple[int, int, int]], conditions: list[tuple[int, int]]) -> int:
    """The probability modulo MOD that T[u] < T[v] for all conditions (u, v), which form a tree; O(N^2).

    If every condition points away from the root, the probability for given weights is the product of
    W[v] / (weight of the subtree of v). A condition that points to the root is "no condition" minus the condition
    turned round. So each vertex keeps, by the weight of what hangs at it through conditions that are kept, the signed
    probability of that weight times these quotients.
    """
    n = len(chances)
    inverse = [0, *(pow(s, -1, MOD) for s in range(1, 3 * n + 1))]
    neighbours: list[list[tuple[int, bool]]] = [[] for _ in range(n)]  # (other end, whether it comes later)
    for u, v in conditions:
        neighbours[u].append((v, True))
        neighbours[v].append((u, False))
    mass = []
    for chance in chances:
        unit = pow(sum(chance), -1, MOD)
        mass.append([0, *(weight * part * unit % MOD for weight, part in enumerate(chance, 1))])

    outward = [(0, -1, True)]  # (vertex, parent, whether the parent comes first)
    for v, parent, _ in outward:
        outward += [(w, v, later) for w, later in neighbours[v] if w != parent]
    for v, parent, parent_first in reversed(outward):
        mass[v] = [value * inverse[s] % MOD for s, value in enumerate(mass[v])]
        if parent < 0:
            continue
        joined = convolution(mass[parent], mass[v])
        if not parent_first:
            free = sum(mass[v])
            joined = [-value for value in joined]
            for s, value in enumerate(mass[parent]):
                joined[s] += value * free
        mass[parent] = [value % MOD for value in joined]
    return sum(mass[0]) % MOD


def convolution(a: list[int], b: list[int]) -> list[int]:
    """The product of two polynomials."""
    result = [0] * (len(a) + len(b) - 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b, i):
            result[j] += x * y
    return result
