from itertools import product
from math import factorial
from random import Random

import pytest

from RLVE_Gym import problems
from RLVE_Gym.problems.combinatorics import card_coloring_counting
from RLVE_Gym.problems.combinatorics.card_coloring_counting import Counts, Shuffle, count_classes


def oracle(counts: Counts, shuffles: list[Shuffle]) -> int:
    """Takes a coloring and all that the shuffles make of it away, until none is left."""
    n, classes = sum(counts), 0
    left = {c for c in product(range(3), repeat=n) if tuple(c.count(color) for color in range(3)) == counts}
    while left:
        classes += 1
        wave = {left.pop()}
        while wave:
            left -= wave
            wave = {moved(coloring, shuffle) for coloring in wave for shuffle in shuffles} & left
    return classes


def moved(coloring: tuple[int, ...], shuffle: Shuffle) -> tuple[int, ...]:
    """The card at position i goes to position shuffle[i]."""
    result = [0] * len(coloring)
    for i, color in enumerate(coloring):
        result[shuffle[i]] = color
    return tuple(result)


def random_counts(rng: Random, n: int) -> Counts:
    first, second = sorted((rng.randint(0, n), rng.randint(0, n)))
    return first, second - first, n - second


def test_the_count_is_right() -> None:
    for seed in range(60):
        p = problems.get("CardColoringCounting").generate(seed, seed % 5).parameter
        shuffles = [tuple(x - 1 for x in shuffle) for shuffle in p["shuffling_methods"]]
        assert p["reference_answer"] == oracle((p["R"], p["G"], p["B"]), shuffles)


def test_positions_permuted_in_all_ways_count_by_color() -> None:
    """Random permutations of 8 of the positions, which most often generate all, and of the others by themselves."""
    rng = Random(0)
    found = 0
    for _ in range(12):
        rest = rng.choice((0, 0, 1, 2))
        shuffles = [(*rng.sample(range(8), 8), *rng.sample(range(8, 8 + rest), rest)) for _ in range(rng.randint(2, 3))]
        counts = random_counts(rng, 8 + rest)
        found += bool(card_coloring_counting.symmetric_orbits(8 + rest, shuffles))
        assert count_classes(counts, shuffles) == oracle(counts, shuffles)
    assert found > 6


def test_even_permutations_and_no_more_are_enough() -> None:
    """A three-cycle and a long cycle generate the alternating group; with one swap elsewhere, no product of groups."""
    three = (1, 2, 0, 3, 4, 5, 6, 7, 8)
    long = (*range(1, 9), 0)
    assert count_classes((3, 3, 3), [three, long]) == 1
    odd = (1, 0, *range(2, 8), 9, 8)
    eight = (*range(1, 8), 0, 9, 8)  # moves 0..7 oddly exactly when it swaps 8 and 9
    for counts in ((1, 6, 3), (8, 1, 1), (5, 0, 5)):
        assert count_classes(counts, [odd, eight]) == oracle(counts, [odd, eight])


def test_groups_that_keep_blocks_are_not_taken_for_all_permutations() -> None:
    """Two blocks of four, permuted inside and exchanged: a transitive group of 1152 shuffles."""
    shuffles: list[Shuffle] = [(1, 0, 2, 3, 4, 5, 6, 7), (1, 2, 3, 0, 4, 5, 6, 7), (4, 5, 6, 7, 0, 1, 2, 3)]
    assert card_coloring_counting.symmetric_orbits(8, shuffles) == []
    for counts in ((3, 3, 2), (4, 4, 0), (1, 1, 6)):
        assert count_classes(counts, shuffles) == oracle(counts, shuffles)


def test_large_groups_are_counted_by_their_colorings_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    shuffles: list[Shuffle] = [(1, 0, 2, 3, 4, 5), (1, 2, 3, 4, 5, 0)]
    monkeypatch.setattr(card_coloring_counting, "LARGEST_GROUP", 100)
    assert count_classes((2, 3, 1), shuffles) == oracle((2, 3, 1), shuffles)
    monkeypatch.setattr(card_coloring_counting, "MOST_COLORINGS", 10)
    with pytest.raises(problems.GenerationError, match="cannot be counted"):
        count_classes((2, 3, 1), shuffles)


def test_without_shuffles_all_colorings_differ() -> None:
    assert count_classes((10, 20, 13), []) == factorial(43) // (factorial(10) * factorial(20) * factorial(13))
    problem = problems.get("CardColoringCounting")
    assert "no two different colorings are equivalent" in problem.prompt(problem.generate_from(0, {"N": 5, "K": 0}))


def test_the_numbers_of_shuffles_can_be_chosen() -> None:
    schedule = problems.get("CardColoringCounting").schedule
    assert [choice["K"] for choice in schedule.with_arguments(Ks=[2, 5, 6]).choices(0)] == [2, 5]
