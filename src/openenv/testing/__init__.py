"""Tools to test environments with."""

from .checker import check_environment
from .report import ActionSamplingError, CheckReport, EnvironmentCheckError, RuleResult

__all__ = [
    "ActionSamplingError",
    "CheckReport",
    "EnvironmentCheckError",
    "RuleResult",
    "check_environment",
]
