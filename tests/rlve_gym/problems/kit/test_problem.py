import json
from random import Random

import pytest

from RLVE_Gym.problems import GenerationError, Instance, ParameterError, get
from RLVE_Gym.problems.kit import Int, Integer, Parameter, Problem, Schedule, add
from RLVE_Gym.problems.kit.instance import plain


class Doubling(Problem[int]):
    """Give 2n; draws fail for odd N, and levels above 2 have no choice."""

    offset: int = 0
    correct_answer: float = 1.0

    given = (Int("N", 1),)
    schedule = Schedule({"N": 1}, {"N": add(1)}, lambda N: [{"N": 2 * N}] if N < 4 else [])

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        if p["N"] % 2:
            raise GenerationError("N is odd")
        return {"n": rng.randrange(p["N"]) + self.offset, "pairs": [(1, 2)], "names": {3: "c"}}

    def solve(self, p: Parameter) -> int:
        return 2 * int(p["n"])

    def question(self, p: Parameter) -> str:
        return f"What is {p['n']} + {p['n']}?"

    def answer(self, p: Parameter) -> Integer:
        return Integer("the sum")

    def score(self, p: Parameter, answer: int) -> float:
        return self.correct_answer if answer == 2 * p["n"] else 0.0


def test_the_base_class_adds_the_reference_and_makes_data_plain() -> None:
    instance = Doubling().generate(0, 0)
    n = instance.parameter["n"]
    expected = {"N": 2, "n": n, "pairs": [[1, 2]], "names": {"3": "c"}, "reference_answer": str(2 * n)}
    assert instance == Instance("Doubling", 0, 0, expected)
    bare = Instance("Doubling", 0, 0, {"N": 2, "n": 5})
    assert Doubling().reference(bare) == "10"


def test_failures_say_why() -> None:
    with pytest.raises(GenerationError, match="no starting parameter at level 3"):
        Doubling().generate(0, 3)
    with pytest.raises(GenerationError, match="N is odd"):
        Doubling().generate_from(0, {"N": 3})
    with pytest.raises(ParameterError, match="N = 0"):
        Doubling().generate_from(0, {"N": 0})
    with pytest.raises(ParameterError, match="needs the keys"):
        Instance.from_dict({"id": "Doubling"})


def test_arguments_are_the_annotated_attributes() -> None:
    assert Doubling.arguments() == {"wrong_format": -1.0, "offset": 0, "correct_answer": 1.0}
    assert Doubling(offset=100).generate(0, 0).parameter["n"] >= 100
    assert Doubling.offset == 0
    with pytest.raises(TypeError, match=r"no argument 'ofset'; it has wrong_format, offset, correct_answer"):
        Doubling(ofset=1)
    with pytest.raises(ValueError, match="rewarding_beta must be a number >= 0"):
        get("Sorting", rewarding_beta=-1.0)
    for value in (float("nan"), float("inf"), 10**400, True, "1"):
        with pytest.raises(TypeError, match="correct_answer must be like 1.0"):
            Doubling(correct_answer=value)
    for value in (0.5, [0.5], [0.5, "1"], "01"):
        with pytest.raises(TypeError, match="mine_density_range must be like"):
            get("Minesweeping", mine_density_range=value)


@pytest.mark.parametrize(
    ("declared", "annotations", "refusal"),
    [
        ({"invalid_solution": -0.5}, {}, "invalid_solution is no argument without an annotation"),
        ({}, {"largest": int}, "the argument largest has no default"),
        ({"ranges": [1, 2]}, {"ranges": list[int]}, "the default of ranges can be changed"),
        ({"weights": {"a": 1.0}}, {"weights": dict[str, float]}, "the default of weights can be changed"),
        (
            {"rewarding_strategy": "(gold/answer)^beta", "rewarding_betta": 5.0},
            {"rewarding_strategy": str, "rewarding_betta": float},
            "there is no argument rewarding_beta",
        ),
    ],
)
def test_declarations_that_nobody_would_read_are_refused_with_the_class(
    declared: dict[str, object], annotations: dict[str, object], refusal: str
) -> None:
    with pytest.raises(TypeError, match=f"Wrong: .*{refusal}"):
        type("Wrong", (Doubling,), {**declared, "__annotations__": annotations})


def test_prompts_show_the_markers_and_an_example_that_is_not_the_answer() -> None:
    problem = Doubling(answer_markers=("\\boxed{", "}"))
    for n, shown in ((21, "17"), (20, "42")):
        instance = Instance("Doubling", 0, 0, {"N": 2, "n": n})
        assert problem.prompt(instance).endswith(f"\\boxed{{{shown}}}")
        assert problem.verify(instance, f"\\boxed{{{2 * n}}}").accuracy == 1
        assert problem.verify(instance, f"<answer>{2 * n}</answer>").format_score == 0


@pytest.mark.parametrize(("reward", "accuracy", "format_score"), [(0.9999995, 1, 1), (0.99, 0, 1), (-0.9999995, 0, 0)])
def test_verdicts_have_a_tolerance(reward: float, accuracy: int, format_score: int) -> None:
    instance = Instance("Doubling", 0, 0, {"N": 2, "n": 1})
    verdict = Doubling(correct_answer=reward).verify(instance, "<answer>2</answer>")
    assert verdict.to_dict() == {"reward": reward, "accuracy": accuracy, "format_score": format_score}


def test_what_json_cannot_hold_is_refused() -> None:
    for value in ({1, 2}, [1, b"x"], {"a": object()}, [float("nan")], [-float("inf")]):
        with pytest.raises(TypeError, match="JSON cannot"):
            plain(value)


def test_integers_that_python_does_not_read_from_json_fail_the_generation() -> None:
    largest = [10**4300 - 1, 1 - 10**4300]
    assert json.loads(json.dumps(plain(largest))) == largest
    for sign in (1, -1):
        with pytest.raises(GenerationError, match="more than 4300 digits"):
            Doubling(offset=sign * 10**4301).generate(0, 0)
