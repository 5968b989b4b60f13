from functools import cache
from random import Random

from RLVE_Gym.problems.games.stone_game import mover_wins


@cache
def oracle(heaps: tuple[int, ...], threshold: int) -> bool:
    """Whether some move leads to a position that loses: the whole game tree."""
    for i, x in enumerate(heaps):
        if x < threshold:
            continue
        for parts in range(2, x + 1):
            split = [x // parts + (k < x % parts) for k in range(parts)]
            rest = [heap for heap in (*heaps[:i], *heaps[i + 1 :], *split) if heap > 1]
            if not oracle(tuple(sorted(rest)), threshold):
                return True
    return False


def test_the_winner_is_that_of_the_game_tree() -> None:
    rng = Random(0)
    for _ in range(150):
        heaps = sorted(rng.randint(1, 7) for _ in range(rng.randint(1, 3)))
        threshold = rng.randint(1, 8)
        assert mover_wins(heaps, threshold) == oracle(tuple(heaps), threshold)
