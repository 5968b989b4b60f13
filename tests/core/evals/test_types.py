"""Configurations and results of evaluations."""

import subprocess
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from openenv.core.evals import EvalConfig, EvalHarness, EvalResult

CONFIG = EvalConfig(
    harness_name="Recorder",
    harness_version="1.2",
    library_versions={"numpy": "2.0"},
    dataset="arithmetic",
    eval_parameters={"model": "m", "epochs": 2},
)


class Recorder(EvalHarness):
    """Scores an evaluation with its own arguments."""

    def run(
        self, harness_version: str, library_versions: dict[str, str], dataset: str, eval_parameters: dict[str, Any]
    ) -> dict[str, Any]:
        return {
            "seen": {
                "harness_version": harness_version,
                "library_versions": library_versions,
                "dataset": dataset,
                "eval_parameters": eval_parameters,
            }
        }


def test_a_harness_runs_what_the_config_says() -> None:
    result = Recorder().run_from_config(CONFIG)
    assert result.config == CONFIG
    assert result.scores == {"seen": CONFIG.model_dump(exclude={"harness_name"})}


def test_a_harness_is_named_after_its_class() -> None:
    assert Recorder().name == "Recorder"


def test_a_harness_must_say_how_it_runs() -> None:
    with pytest.raises(TypeError):
        EvalHarness()  # type: ignore[abstract]


def test_a_result_survives_json() -> None:
    result = EvalResult(config=CONFIG, scores={"accuracy": 0.5})
    assert EvalResult.model_validate_json(result.model_dump_json()) == result


def test_fields_nobody_knows_are_refused() -> None:
    with pytest.raises(ValidationError, match="datasets"):
        EvalConfig.model_validate({**CONFIG.model_dump(), "datasets": "x"})


def test_a_change_is_checked() -> None:
    config = CONFIG.model_copy()
    with pytest.raises(ValidationError, match="dataset"):
        config.dataset = None  # type: ignore[assignment]


def test_importing_loads_no_evaluation_library() -> None:
    code = "import openenv.core.evals as e, sys; e.InspectAIHarness(); print('inspect_ai' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
