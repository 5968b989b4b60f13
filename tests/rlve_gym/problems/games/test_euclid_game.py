from functools import cache

from RLVE_Gym.problems.games.euclid_game import mover_wins


@cache
def oracle(x: int, y: int) -> bool:
    """Whether some move wins: every multiple is tried."""
    if x < y:
        x, y = y, x
    return any(x - k * y == 0 or not oracle(x - k * y, y) for k in range(1, x // y + 1))


def test_the_winner_is_that_of_the_game_tree() -> None:
    for x in range(1, 41):
        for y in range(1, 41):
            assert mover_wins(x, y) == oracle(x, y)
