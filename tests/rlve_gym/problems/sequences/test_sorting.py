from RLVE_Gym import problems


def oracle(array: list[int]) -> list[int]:
    """Takes out the least again and again."""
    rest, result = list(array), []
    while rest:
        result.append(min(rest))
        rest.remove(min(rest))
    return result


def test_the_gold_is_sorted() -> None:
    for seed in range(30):
        p = problems.get("Sorting").generate(seed, seed % 10).parameter
        assert p["gold_answer"] == oracle(p["array"])
        assert all(0 <= value <= 5 * p["N"] for value in p["array"])


def test_weight_multiple_sets_the_range() -> None:
    drawn = problems.get("Sorting", weight_multiple=100).generate_from(0, {"N": 50}).parameter["array"]
    assert 250 < max(drawn) <= 5000
