from RLVE_Gym.problems.kit.render import linear


def test_linear_sums_are_written_with_their_signs_and_without_zero_terms() -> None:
    assert linear([3, 0, -1]) == "3*x[0] - x[2]"
    assert linear([0, -1, 1, -12], "y") == "-y[1] + y[2] - 12*y[3]"
    assert linear([-4]) == "-4*x[0]"
    assert linear([0, 0]) == "0"
