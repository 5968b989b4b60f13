"""Evaluations that can be repeated: what was run, with which versions, and the scores.

Names are loaded when they are first used.
"""

from typing import TYPE_CHECKING

from ..._lazy import lazy_exports

if TYPE_CHECKING:
    from .base import EvalHarness
    from .inspect_harness import InspectAIHarness
    from .types import EvalConfig, EvalResult

__all__ = ["EvalConfig", "EvalHarness", "EvalResult", "InspectAIHarness"]

_MODULES = {
    "EvalConfig": ".types",
    "EvalHarness": ".base",
    "EvalResult": ".types",
    "InspectAIHarness": ".inspect_harness",
}
__getattr__, __dir__ = lazy_exports(__name__, _MODULES)
