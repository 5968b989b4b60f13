"""The data of rollouts, and what importing it costs."""

import subprocess
import sys
from typing import Any

import pytest

import openenv.core.harness as harness
from openenv.core.harness import (
    HarnessRolloutResult,
    HarnessRunLimits,
    ModelStepResult,
    RolloutEvent,
    ToolResult,
    ToolTraceEntry,
    VerifyResult,
)
from openenv.core.llm_client import LLMResponse


def test_defaults() -> None:
    assert ToolResult() == ToolResult(data=None, done=False, metadata={}, error=None)
    assert VerifyResult() == VerifyResult(env_reward=None, done=False, metrics={}, artifacts={})
    assert RolloutEvent("x") == RolloutEvent(type="x", payload={})
    assert HarnessRunLimits() == HarnessRunLimits(10, None, None, {})
    assert ModelStepResult(LLMResponse("x")) == ModelStepResult(LLMResponse("x"), [], [], [])
    assert HarnessRolloutResult() == HarnessRolloutResult([], [], [], False, {}, [], [], [])
    assert ToolTraceEntry("t", {}, ToolResult()).result.error is None


def test_defaults_are_not_shared() -> None:
    ToolResult().metadata["x"] = 1
    HarnessRunLimits().sampling["x"] = 1
    assert ToolResult().metadata == HarnessRunLimits().sampling == {}


@pytest.mark.parametrize("name", ["max_turns", "max_tool_calls_per_turn", "max_total_tool_calls"])
@pytest.mark.parametrize("value", [-1, 1.5, True, "3"])
def test_limits_are_whole_numbers(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"{name} must be a whole number from 0"):
        HarnessRunLimits(**{name: value})


def test_there_is_always_a_bound_of_turns() -> None:
    with pytest.raises(ValueError, match="max_turns"):
        HarnessRunLimits(max_turns=None)  # type: ignore[arg-type]


def test_every_name_is_there() -> None:
    for name in harness.__all__:
        assert getattr(harness, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = harness.nothing


HEAVY = ["fastapi", "starlette", "uvicorn", "fastmcp", "mcp", "numpy", "openai", "huggingface_hub", "rich", "httpx"]
LATER = ["pydantic", "websockets", "asyncio", "orjson"]
TRL_NAMES = (
    "HarnessAdapter, HarnessRunLimits, ModelStepResult, ResourceSessionFactory, TraceEntry, TrainableSession, "
    "TrainingTrace, StepEnvSessionAdapter, build_harness_rollout_func"
)


@pytest.mark.parametrize(
    ("line", "absent"),
    [
        (f"from openenv.core.harness import {TRL_NAMES}", [*HEAVY, *LATER]),
        ("from openenv.core.harness.capture.upstream import training_sampling", [*HEAVY, *LATER]),
        ("import openenv.core.harness.collect", [*HEAVY, *LATER]),
        ("from openenv.core.harness import SessionMCPBridge", HEAVY),
    ],
    ids=["common", "capture", "collect", "bridge"],
)
def test_importing_is_light(line: str, absent: list[str]) -> None:
    code = f"{line}\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & set(absent)
