"""What holds for every problem there is and will be; `checks.py` of the package says what, this runs it.

One problem: pytest -q tests/rlve_gym/problems -k Sorting. Levels 20 and 40: pytest -m deep.
"""

import gzip
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from RLVE_Gym import problems
from RLVE_Gym.problems import differences
from RLVE_Gym.problems.checks import CHECKS, check_prompt, check_reference
from RLVE_Gym.problems.kit.instance import plain
from RLVE_Gym.problems.kit.scoring import ALTERNATIVES
from tests.rlve_gym.problems.fingerprints import fingerprint, kept

HERE = Path(__file__).parent
TABLE = HERE.parents[2] / "docs" / "rlve-differences.md"
ARGUMENTS = json.loads((HERE / "arguments.json").read_text(encoding="utf-8"))
IDENTIFIERS = [entry.identifier for entry in problems.find()]
FAMILIES = sorted({entry.family for entry in problems.find()})

LEVELS = {"arguments": (0,), "hostile": (3,)}
RUNS = [(name, level) for name in CHECKS for level in LEVELS.get(name, (0, 3, 8))]

each = pytest.mark.parametrize("identifier", IDENTIFIERS)


@each
@pytest.mark.parametrize(("check", "level"), RUNS)
def test_check(identifier: str, check: str, level: int) -> None:
    CHECKS[check](problems.get(identifier), level)


# The recorded instances and verdicts of the original


@each
def test_verdicts_are_the_recorded_ones(identifier: str) -> None:
    problem, exceptions = problems.get(identifier), golden_exceptions(identifier)
    used = set()
    for row in golden(identifier):
        instance = problems.Instance(identifier, row["seed"], row["level"], row["parameter"])
        assert problem.threshold(row["parameter"]) == pytest.approx(row["passing_reward_threshold"])
        assert problem.verify(instance, f"<answer>{problem.reference(instance)}</answer>").accuracy == 1
        for tag, output, reward, accuracy, format_score in row["outputs"]:
            verdict = problem.verify(instance, output)
            same = abs(verdict.reward - reward) <= 1e-6
            same = same and (verdict.accuracy, verdict.format_score) == (accuracy, format_score)
            excepted = [
                i
                for i, exception in enumerate(exceptions)
                if (exception["level"], exception["tag"]) == (row["level"], tag)
                and exception.get("output", output) == output
            ]
            assert same != bool(excepted), f"{tag}: recorded {reward}, ours {verdict}, {excepted=}\n{output}"
            used.update(excepted)
    assert used == set(range(len(exceptions))), "an exception that no recorded verdict needs"


@each
def test_parameters_have_the_recorded_keys_and_shapes(identifier: str) -> None:
    problem = problems.get(identifier)
    for row in golden(identifier):
        ours = problem.generate_from(0, row["start"]).parameter
        assert set(ours) == set(row["parameter"]) | {"reference_answer"}
        for key, value in row["parameter"].items():
            assert agree(shape(ours[key]), shape(value)), f"{key} is {shape(ours[key])}, recorded as {shape(value)}"


@each
def test_arguments_are_the_documented_ones(identifier: str) -> None:
    problem, documented = problems.get(identifier), ARGUMENTS[identifier]
    assert plain(problem.arguments()) == documented["environment"]
    ours = plain(problem.schedule.arguments)
    assert set(ours) == set(documented["controller"])
    for name, default in documented["controller"].items():
        assert default is None or ours[name] == default


@each
def test_overrides_reach_the_recorded_outputs(identifier: str) -> None:
    problem = problems.get(identifier)
    kind = type(problem)
    outputs = [
        (problems.Instance(identifier, row["seed"], row["level"], row["parameter"]), output[1])
        for row in golden(identifier)
        for output in row["outputs"]
    ]
    judged = [(instance, output, problem.reward(instance, output)) for instance, output in outputs]
    defaults = problem.arguments()
    penalties = {name: value for name, value in defaults.items() if type(value) is float and value < 0}
    for name, penalty in penalties.items():
        if list(penalties.values()).count(penalty) == 1:  # else the reward does not tell which one it was
            milder = kind(**{name: penalty / 2})
            for instance, output, reward in judged:
                if reward == penalty:
                    assert milder.reward(instance, output) == penalty / 2, f"{name} is not what {output!r} costs"
    for name, strategy in defaults.items():
        if name.startswith("rewarding_strategy") and strategy in ALTERNATIVES:
            strict, full = kind(**{name: ALTERNATIVES[strategy]}), defaults[name.replace("strategy", "weight")]
            for instance, output, reward in judged:
                if 0 < reward < full:
                    assert strict.reward(instance, output) == 0, f"{name} does not decide about {output!r}"


# The same everywhere


@pytest.mark.parametrize("family", FAMILIES)
def test_instances_are_the_same_in_other_processes_and_threads(family: str) -> None:
    here = digests(family)
    with ThreadPoolExecutor(4) as threads:
        assert all(there == here for there in threads.map(digests, [family] * 4))
    script = f"import json, runpy; print(json.dumps(runpy.run_path({str(__file__)!r})['digests']({family!r})))"
    for hash_seed in ("1", "20"):
        env = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        result = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
        assert json.loads(result.stdout) == here


@each
def test_instances_are_what_they_always_were(identifier: str) -> None:
    assert fingerprint(identifier) == kept().get(identifier), "see fingerprints.py"


def digests(family: str) -> dict[str, str]:
    """The instances and prompts of a family's problems, for comparison."""
    found = {}
    for entry in problems.find(family=family):
        problem = problems.get(entry.identifier)
        for seed, level in ((0, 0), (1, 3), (2, 8)):
            instance = problem.generate(seed, level)
            found[f"{entry.identifier} {seed} {level}"] = json.dumps(instance.to_dict()) + problem.prompt(instance)
    return found


# High levels


@pytest.mark.deep
@each
@pytest.mark.parametrize(("level", "seconds"), [(20, 5.0), (40, 10.0)])
def test_high_levels_are_generated_in_time(identifier: str, level: int, seconds: float) -> None:
    script = f"""
import time
from RLVE_Gym import problems
problem = problems.get({identifier!r})
for seed in range(3):
    start = time.process_time()
    try:
        instance = problem.generate(seed, {level})
    except problems.GenerationError as error:
        print(0, 0, error)
    else:
        print(time.process_time() - start, len(problem.prompt(instance)))
"""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    result = subprocess.run(
        [sys.executable, "-c", script], env=env, capture_output=True, text=True, timeout=300, check=True
    )
    for line in result.stdout.splitlines():
        taken, length, *reason = line.split(maxsplit=2)
        assert level > 20 or not reason, f"level {level} fails: {reason}"
        assert float(taken) <= seconds or (level > 20 and int(length) >= 100_000), f"{taken} s at level {level}"


@pytest.mark.deep
@each
def test_level_20_is_judged_as_any_other(identifier: str) -> None:
    check_prompt(problems.get(identifier), 20)
    check_reference(problems.get(identifier), 20)


@pytest.mark.deep
@each
def test_many_instances_are_posed_and_have_a_right_answer(identifier: str) -> None:
    problem = problems.get(identifier)
    for seed in range(120):
        instance = problem.generate(10**12 + seed, seed % 12)
        assert problem.verify(instance, problem.prompt(instance)).format_score == 1
        assert problem.verify(instance, f"<answer>{problem.reference(instance)}</answer>").accuracy == 1


# Completeness


@each
def test_every_problem_has_an_oracle_or_says_why_not(identifier: str) -> None:
    entry = problems.entry(identifier)
    path = HERE / entry.family / f"test_{entry.module}.py"
    assert path.exists(), f"{path} is missing: the problem's solver against brute force"
    text = path.read_text(encoding="utf-8")
    assert "def oracle" in text or "NO_ORACLE = " in text, f"{path}: no oracle, and no NO_ORACLE that says why"


@each
def test_differences_are_in_the_table(identifier: str) -> None:
    table = TABLE.read_text(encoding="utf-8")
    for row in differences.rows(identifier):
        assert row in table, "run: python -m RLVE_Gym.problems.differences docs/rlve-differences.md"


def golden(identifier: str) -> list[dict[str, Any]]:
    with gzip.open(HERE / "golden" / f"{identifier}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def golden_exceptions(identifier: str) -> list[dict[str, Any]]:
    """The recorded verdicts that are wrong: level, tag, output (where the tag alone is not enough), reason."""
    path = HERE / "golden" / f"{identifier}.except.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []


def shape(value: Any) -> str:
    """The type of a value, with that of the first item of a list."""
    if isinstance(value, list):
        if len(value) == 3 and value[1] in ("&", "|", "^"):
            return "tree"
        return f"list of {shape(value[0])}" if value else "list of "
    return type(value).__name__


def agree(ours: str, recorded: str) -> bool:
    return ours.startswith(recorded) or recorded.startswith(ours)
