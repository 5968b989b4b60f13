"""Colorings of cards up to shuffles."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations, product
from math import factorial
from random import Random

from ..kit import GenerationError, Int, Integer, Parameter, Problem, Schedule, add
from ..kit.graphs import Components
from ..kit.render import listing

Counts = tuple[int, int, int]
"""Numbers of red, green and blue cards."""

Shuffle = tuple[int, ...]
"""Where the card at each position goes, positions from 0."""

LARGEST_GROUP = 70_000
"""Shuffles up to which a group is listed: enough for every group that one shuffle of 43 cards generates."""

MOST_COLORINGS = 1_000_000
"""Colorings up to which they are listed."""


class CardColoringCounting(Problem[int]):
    """Count the colorings of cards with given numbers of each color, up to given shuffles."""

    rewarding_strategy: str = "(min/max)^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 10.0

    given = (Int("N", 2), Int("K", 0))
    schedule = Schedule(
        start={"N": 3},
        grow={"N": add(1)},
        choices=lambda N, Ks: [{"N": N, "K": k} for k in Ks if k < factorial(N)],
        Ks=(0, 1, 2, 3),
    )
    differences = (
        "Where the shuffles generate a large group, positions that it permutes in all ways, or all even ways, are "
        "counted by their colors only; the original lists up to N! shuffles and runs out of time from about N = 10. In "
        "the rare case of a large group of another form, generation fails with a reason.",
    )

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n = p["N"]
        a = rng.randint(0, n)
        b = rng.randint(0, n - a)
        red, green, blue = rng.sample((a, b, n - a - b), 3)
        shuffles = [rng.sample(range(1, n + 1), n) for _ in range(p["K"])]
        classes = count_classes((red, green, blue), [tuple(x - 1 for x in shuffle) for shuffle in shuffles])
        return {"R": red, "G": green, "B": blue, "shuffling_methods": shuffles, "reference_answer": classes}

    def question(self, p: Parameter) -> str:
        n, shuffles = p["N"], p["shuffling_methods"]
        lines = "\n".join(f"shuffle {i}: {listing(shuffle)}" for i, shuffle in enumerate(shuffles, 1))
        rule = f"""
A shuffle is written X_1 X_2 ... X_{n} and moves the card at position i to position X_i, for all i at once. There are
these shuffles:
{lines}

Two colorings are equivalent if one becomes the other by applying shuffles from this list one after the other: any
number of them, each as often as you like, in any order.
"""
        none = "\nThere are no shuffles, so no two different colorings are equivalent.\n"
        return f"""
{n} cards lie at the positions 1, 2, ..., {n}. Exactly {p["R"]} of them are to be colored red, exactly {p["G"]} green
and exactly {p["B"]} blue. Two colorings are different if the cards at some position have different colors.
{rule if shuffles else none}
How many colorings are there if equivalent ones are counted as one?
"""

    def answer(self, p: Parameter) -> Integer:
        return Integer("the number of colorings that are not equivalent", low=1)

    def score(self, p: Parameter, answer: int) -> float:
        return self.ratio(p["reference_answer"], answer)


def count_classes(counts: Counts, shuffles: Sequence[Shuffle]) -> int:
    """The orbits of the group that the shuffles generate on the colorings with these counts.

    At the positions of `symmetric_orbits` only the number of cards of each color matters. Every way to split the
    counts between these and the other positions is counted by itself.

    Raises:
        GenerationError: the group on the other positions and their colorings are too many to list.
    """
    free = symmetric_orbits(sum(counts), shuffles)
    others = sorted(set(range(sum(counts))).difference(*free))
    rank = {position: i for i, position in enumerate(others)}
    moves = [tuple(rank[shuffle[position]] for position in others) for shuffle in shuffles]
    group = generated(len(others), moves)
    types = Counter(tuple(sorted(map(len, cycles(element)))) for element in group)
    total = 0
    for used, ways in choices([splits(len(orbit)) for orbit in free], counts).items():
        red, green, blue = (count - taken for count, taken in zip(counts, used, strict=True))
        left = (red, green, blue)
        total += ways * (burnside(left, types) if group else by_listing(left, moves))
    return total


def burnside(counts: Counts, types: Counter[tuple[int, ...]]) -> int:
    """The orbits of a group by Burnside's lemma: the mean number of colorings that an element fixes.

    A coloring is fixed by an element if each of its cycles has one color; `types` counts elements by cycle lengths.
    """
    fixed = 0
    for lengths, elements in types.items():
        one_color = [[(k, 0, 0), (0, k, 0), (0, 0, k)] for k in lengths]
        fixed += elements * choices(one_color, counts)[counts]
    return fixed // types.total()


def by_listing(counts: Counts, shuffles: Sequence[Shuffle]) -> int:
    """The orbits on the colorings, by joining every coloring with those that one shuffle makes of it."""
    red, green, blue = counts
    n = sum(counts)
    if factorial(n) > MOST_COLORINGS * factorial(red) * factorial(green) * factorial(blue):
        raise GenerationError(f"colorings of {n} cards up to these shuffles cannot be counted exactly in time")
    index: dict[bytes, int] = {}
    for reds in combinations(range(n), red):
        for greens in combinations([i for i in range(n) if i not in reds], green):
            index[bytes(1 if i in reds else 2 if i in greens else 0 for i in range(n))] = len(index)
    classes = Components(len(index))
    moved = ((i, index[bytes(map(coloring.__getitem__, s))]) for coloring, i in index.items() for s in shuffles)
    return len(index) - sum(classes.join(i, j) for i, j in moved)


def symmetric_orbits(n: int, shuffles: Sequence[Shuffle]) -> list[list[int]]:
    """Orbits of positions that the group permutes in all even ways while the other positions stay where they are.

    Such an orbit is certain once an element has a cycle of prime length q in it, more than half its size m and at
    most m - 3, and no other cycle of a length divisible by q: a power of the element is that cycle alone, so the group
    is primitive on the orbit and contains the alternating group by Jordan's theorem. Elements are tried at random
    (product replacement); an orbit that is missed costs time, not exactness. In 8 or more positions some color occurs
    twice, so even permutations reach all arrangements.
    """
    orbits = Components(n)
    for shuffle in shuffles:
        for i, j in enumerate(shuffle):
            orbits.join(i, j)
    members: dict[int, list[int]] = {}
    for i in range(n):
        members.setdefault(orbits.find(i), []).append(i)
    found: dict[int, list[int]] = {}
    large = sum(len(orbit) >= 8 for orbit in members.values())
    rng = Random(0)
    pool = [shuffles[i % len(shuffles)] for i in range(10)] if shuffles else []
    for _ in range(1000 if shuffles else 0):
        if len(found) == large:
            break
        i, j = rng.sample(range(len(pool)), 2)
        pool[i] = tuple(map(pool[i].__getitem__, pool[j]))
        parts = cycles(pool[i])
        for part in parts:
            root, q = orbits.find(part[0]), len(part)
            m = len(members[root])
            if m < 2 * q <= 2 * (m - 3) and is_prime(q) and sum(len(other) % q == 0 for other in parts) == 1:
                found[root] = members[root]
    return list(found.values())


def generated(n: int, shuffles: Sequence[Shuffle]) -> list[Shuffle]:
    """All elements of the group, or none of them if they are more than LARGEST_GROUP."""
    group = [tuple(range(n))]
    seen = set(group)
    for element in group:
        for shuffle in shuffles:
            following = tuple(map(shuffle.__getitem__, element))
            if following not in seen:
                seen.add(following)
                group.append(following)
        if len(group) > LARGEST_GROUP:
            return []
    return group


def choices(parts: Iterable[Sequence[Counts]], limit: Counts) -> Counter[Counts]:
    """In how many ways counts up to the limit arise as a sum with one term out of each part."""
    sums = Counter({(0, 0, 0): 1})
    for part in parts:
        longer: Counter[Counts] = Counter()
        for (r, g, b), ways in sums.items():
            for x, y, z in part:
                if r + x <= limit[0] and g + y <= limit[1] and b + z <= limit[2]:
                    longer[r + x, g + y, b + z] += ways
        sums = longer
    return sums


def splits(n: int) -> list[Counts]:
    """All counts of n cards."""
    return [(r, g, n - r - g) for r, g in product(range(n + 1), repeat=2) if r + g <= n]


def cycles(shuffle: Shuffle) -> list[list[int]]:
    """The cycles of a permutation."""
    found, seen = [], [False] * len(shuffle)
    for start in range(len(shuffle)):
        cycle, i = [], start
        while not seen[i]:
            seen[i] = True
            cycle.append(i)
            i = shuffle[i]
        if cycle:
            found.append(cycle)
    return found


def is_prime(n: int) -> bool:
    return n > 1 and all(n % d for d in range(2, n))
