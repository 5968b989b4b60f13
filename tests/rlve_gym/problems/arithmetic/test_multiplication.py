from RLVE_Gym import problems


def oracle(a: int, b: int) -> int:
    """Schoolbook multiplication of the digits."""
    return sum(int(x) * int(y) * 10 ** (i + j) for i, x in enumerate(str(a)[::-1]) for j, y in enumerate(str(b)[::-1]))


def test_the_reference_is_the_product() -> None:
    for seed in range(50):
        p = problems.get("Multiplication").generate(seed, seed % 9).parameter
        assert p["reference_answer"] == oracle(p["a"], p["b"])
        assert 0 <= p["a"] < 10 ** p["digit_num"] > p["b"] >= 0


def test_every_wording_shows_both_numbers() -> None:
    multiplication = problems.get("Multiplication")
    instances = [multiplication.generate(seed, 5) for seed in range(100)]
    assert {instance.parameter["prompt_template"] for instance in instances} == set(range(10))
    for instance in instances:
        prompt = multiplication.prompt(instance)
        assert str(instance.parameter["a"]) in prompt
        assert str(instance.parameter["b"]) in prompt


def test_products_beyond_the_digit_limit_of_int_are_judged() -> None:
    multiplication = problems.get("Multiplication")
    instance = problems.Instance(
        "Multiplication",
        0,
        0,
        {"digit_num": 3000, "a": 10**3000, "b": 10**3000, "reference_answer": 10**6000},
    )
    assert multiplication.verify(instance, f"<answer>1{'0' * 6000}</answer>").accuracy == 1
    assert multiplication.verify(instance, f"<answer>1{'0' * 5999}</answer>").reward == 0.0
    assert multiplication.reference(instance) == "1" + "0" * 6000
