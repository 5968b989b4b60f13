import pytest

from RLVE_Gym import problems


def oracle(lamps: list[int], time: int, k: int) -> str:
    """All lamps, step by step."""
    for _ in range(time):
        lamps = [own ^ following for own, following in zip(lamps, lamps[1:] + lamps[:1], strict=True)]
    return ("OFF", "ON")[lamps[k - 1]]


def test_the_reference_is_the_simulated_state() -> None:
    references = []
    for seed in range(80):
        p = problems.get("LampChanging").generate(seed, seed % 8).parameter
        assert p["reference_answer"] == oracle(p["B"], p["T"], p["K"])
        references.append(p["reference_answer"])
    assert 20 < references.count("ON") < 60


def test_only_the_two_words_are_answers() -> None:
    problem = problems.get("LampChanging")
    instance = problem.generate(0, 0)
    other = {"ON": "OFF", "OFF": "ON"}[instance.parameter["reference_answer"]]
    for answer, reward in {other: 0.0, "on": -0.5, "ON OFF": -0.5, "": -0.5, "1": -0.5}.items():
        assert problem.reward(instance, f"<answer>{answer}</answer>") == reward


def test_too_many_lamps_are_refused_with_a_reason() -> None:
    with pytest.raises(problems.GenerationError, match="too many for a prompt"):
        problems.get("LampChanging").generate(0, 40)
