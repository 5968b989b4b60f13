from RLVE_Gym import problems


def oracle(array: list[int]) -> set[int]:
    """The values that no other value outnumbers."""
    return {value for value in array if all(array.count(value) >= array.count(other) for other in array)}


def test_the_modes_are_right_and_nothing_else() -> None:
    problem = problems.get("BucketSorting")
    ties = 0
    for seed in range(40):
        instance = problem.generate(seed, seed % 8)
        p = instance.parameter
        array, right = p["array"], oracle(p["array"])
        ties += len(right) > 1
        assert p["reference_answer"] == next(value for value in array if value in right)
        assert p["value2count"] == {str(value): array.count(value) for value in array}
        for value in range(-1, p["MAX"] + 2):
            expected = -0.5 if value not in array else float(value in right)
            assert problem.reward(instance, f"<answer>{value}</answer>") == expected
    assert ties > 5
