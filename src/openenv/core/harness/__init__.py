"""Language models and agents in environments, as conversations with tools: see ``docs/harness.md``.

Names are loaded when they are first used.
"""

from typing import TYPE_CHECKING

from ..._lazy import lazy_exports

if TYPE_CHECKING:
    from .adapters import CLIHarnessAdapter, HarnessAdapter, MCPHarnessAdapter
    from .bridge import SessionMCPBridge
    from .failures import HarnessSessionError
    from .rollout import _resolve_env_reward, build_harness_rollout_func
    from .sessions import ResourceSession, ResourceSessionFactory
    from .step_session import StepEnvSessionAdapter
    from .training import TraceEntry, TrainableSession, TrainingTrace, TrainingTurn
    from .types import (
        HarnessRolloutResult,
        HarnessRunLimits,
        Message,
        ModelStep,
        ModelStepResult,
        RolloutEvent,
        ToolResult,
        ToolTraceEntry,
        VerifyResult,
    )

__all__ = [
    "CLIHarnessAdapter",
    "HarnessAdapter",
    "HarnessRolloutResult",
    "HarnessRunLimits",
    "HarnessSessionError",
    "MCPHarnessAdapter",
    "Message",
    "ModelStep",
    "ModelStepResult",
    "ResourceSession",
    "ResourceSessionFactory",
    "RolloutEvent",
    "SessionMCPBridge",
    "StepEnvSessionAdapter",
    "ToolResult",
    "ToolTraceEntry",
    "TraceEntry",
    "TrainableSession",
    "TrainingTrace",
    "TrainingTurn",
    "VerifyResult",
    "_resolve_env_reward",
    "build_harness_rollout_func",
]

_MODULES = {
    ".adapters": "CLIHarnessAdapter HarnessAdapter MCPHarnessAdapter",
    ".bridge": "SessionMCPBridge",
    ".failures": "HarnessSessionError",
    ".rollout": "_resolve_env_reward build_harness_rollout_func",
    ".sessions": "ResourceSession ResourceSessionFactory",
    ".step_session": "StepEnvSessionAdapter",
    ".training": "TraceEntry TrainableSession TrainingTrace TrainingTurn",
    ".types": "HarnessRolloutResult HarnessRunLimits Message ModelStep ModelStepResult RolloutEvent ToolResult "
    "ToolTraceEntry VerifyResult",
}
__getattr__, __dir__ = lazy_exports(
    __name__, {name: module for module, names in _MODULES.items() for name in names.split()}
)
