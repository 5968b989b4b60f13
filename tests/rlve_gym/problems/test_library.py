"""The two faces of the library: the native one and the original's."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from RLVE_Gym import problems
from RLVE_Gym.problems import identifier2controller, identifier2environment

ROOT = Path(problems.__file__).parents[3]


@pytest.mark.parametrize("package", ["RLVE_Gym.problems", "envs.RLVE_Gym.problems"])
def test_importing_imports_no_problem_and_nothing_heavy(package: str) -> None:
    script = f"""
import json, sys
import {package} as problems
before = set(sys.modules)
instance = problems.get("Sorting").generate(0, 0)
print(json.dumps([sorted(before), sorted(sys.modules), len(problems.find()), instance.to_dict()]))
"""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    result = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    before, after, found, instance = json.loads(result.stdout)
    modules = {f"{package}.{entry.family}.{entry.module}" for entry in problems.find()}
    assert not modules & set(before)
    assert modules & set(after) == {f"{package}.sequences.sorting"}
    assert not {"numpy", "sympy", "networkx", "fastapi", "pydantic"} & set(after)
    assert found == len(problems.find())
    assert instance == problems.get("Sorting").generate(0, 0).to_dict()


def test_the_catalogue_has_400_problems_and_finds_those_there_are() -> None:
    catalogue = problems.catalogue()
    assert len(catalogue) == 400
    assert len(problems.families()) == 16
    assert problems.kinds() == ["construct", "decide", "optimize", "sequence", "value"]
    assert {entry.identifier for entry in problems.find(family="puzzles")} >= {"Sudoku", "Binario"}
    assert all(entry.kind == "optimize" for entry in problems.find(kind="optimize"))
    assert problems.entry("Sudoku") == problems.Entry("Sudoku", "puzzles", "sudoku", "construct")
    for family in problems.families():
        files = {path.stem for path in (Path(problems.__file__).parent / family).glob("*.py")} - {"__init__"}
        assert files <= {entry.module for entry in catalogue.values() if entry.family == family}, family


def test_unknown_names_give_the_nearest() -> None:
    with pytest.raises(problems.UnknownProblem, match="'Sudokku'; did you mean Sudoku"):
        problems.get("Sudokku")
    with pytest.raises(problems.UnknownProblem, match="did you mean graphs"):
        problems.find(family="graph")
    with pytest.raises(problems.UnknownProblem, match="no kind is named"):
        problems.find(kind="nonsense")


def test_the_controller_of_the_original() -> None:
    controller = identifier2controller["MinimumSpanningTree"](edge_density_list=[0.5, 0.9])
    assert controller.get_parameter_list() == [{"N": 4, "edge_density": 0.9}]
    controller.update()
    assert controller.get_parameter_list() == [{"N": 5, "edge_density": d} for d in (0.5, 0.9)]
    with pytest.raises(TypeError, match="unknown schedule arguments"):
        identifier2controller["Sorting"](N_list=[1])


def test_the_environment_of_the_original() -> None:
    environment = identifier2environment["Knapsack"](answer_markers=("[", "]"), invalid_solution=-0.25)
    with pytest.raises(RuntimeError, match="generator"):
        environment.prompt_generator()
    assert environment.generator(seed=3, parameter={"N": 6})
    assert environment.seed == 3
    assert environment.parameter is not None
    reference = environment.parameter["reference_answer"]
    assert f"of total weight at most {environment.parameter['W_max']}" in environment.prompt_generator()
    assert environment.processor(f"[{reference}]") == [int(token) for token in reference.split()]
    assert environment.processor("[x]") is environment.processor("none") is None
    assert environment.scorer(f"[{reference}]") == 1.0
    assert environment.verifier("[99]") == {"reward": -0.25, "accuracy": 0, "format_score": 1}
    assert environment.verifier("99") == {"reward": -1.0, "accuracy": 0, "format_score": 0}


def test_a_generator_that_fails_says_why_and_leaves_no_instance() -> None:
    environment = identifier2environment["Sorting"]()
    assert environment.generator(0, {"N": 4})
    assert not environment.generator(0, {"N": 0})
    assert environment.parameter is None
    assert "N = 0" in (environment.failure or "")


@pytest.mark.parametrize("timeout_second", [10, None])
def test_a_generator_that_wants_too_much_memory_fails(timeout_second: float | None) -> None:
    environment = identifier2environment["ConvexHull"]()
    for side in (10**8, 10**12):  # no memory has so many cells, no index reaches them
        assert not environment.generator(0, {"N": side}, timeout_second)
        assert environment.parameter is None
        assert "generation failed with" in (environment.failure or "")


def test_a_generator_that_takes_too_long_is_stopped() -> None:
    environment = identifier2environment["Sorting"]()
    assert not environment.generator(0, {"N": 10**9}, timeout_second=0.2)
    assert environment.parameter is None
    assert "0.2 s" in (environment.failure or "")
    assert environment.generator(0, {"N": 4})
    limited = environment.get_config()
    assert environment.generator(0, {"N": 4}, timeout_second=None)
    assert environment.get_config() == limited


def test_a_forked_process_generates_as_well() -> None:
    script = """
import os, sys
from RLVE_Gym.problems import identifier2environment
environment = identifier2environment["Sorting"]()
assert environment.generator(0, {"N": 4})
child = os.fork()
if child == 0:
    sys.exit(0 if environment.generator(1, {"N": 4}) else 3)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert environment.generator(2, {"N": 4})
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120)


def test_configurations_travel() -> None:
    first, second = (identifier2environment["PolynomialMinimum"]() for _ in range(2))
    assert first.generator(1, {"N": 4})
    config = json.loads(json.dumps(first.get_config()))
    assert set(config) == {"seed", "parameter", "passing_reward_threshold"}
    second.set_config(config)
    assert second.get_config() == config
    assert second.passing_reward_threshold == pytest.approx(0.95 * 0.999**5)
    right = f"<answer>{config['parameter']['reference_answer']}</answer>"
    assert second.verifier(right)["accuracy"] == 1
    second.set_config({**config, "passing_reward_threshold": 0.96})
    assert second.verifier(right)["accuracy"] == 0


def test_the_mappings_hold_the_available_problems() -> None:
    assert len(identifier2environment) == len(identifier2controller) == len(problems.find())
    assert "Sorting" in identifier2environment
    assert "NoSuchProblem" not in identifier2environment
    assert set(identifier2environment) == {entry.identifier for entry in problems.find()}
    with pytest.raises(KeyError, match="did you mean"):
        identifier2environment["Sortin"]


def test_the_example_of_the_document_is_the_file() -> None:
    document = (ROOT / "docs" / "writing-a-problem.md").read_text(encoding="utf-8")
    source = Path(problems.__file__).parent / "graphs" / "minimum_spanning_tree.py"
    assert f"```python\n{source.read_text(encoding='utf-8')}```" in document
