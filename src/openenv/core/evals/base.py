"""What runs evaluations."""

from abc import ABC, abstractmethod
from typing import Any

from .types import EvalConfig, EvalResult


class EvalHarness(ABC):
    """Runs evaluations with one library."""

    @abstractmethod
    def run(
        self,
        harness_version: str,
        library_versions: dict[str, str],
        dataset: str,
        eval_parameters: dict[str, Any],
    ) -> dict[str, Any]:
        """Evaluate, and return the scores by name. The arguments are the fields of :class:`EvalConfig`."""

    def run_from_config(self, config: EvalConfig) -> EvalResult:
        """Evaluate what ``config`` describes."""
        scores = self.run(
            harness_version=config.harness_version,
            library_versions=config.library_versions,
            dataset=config.dataset,
            eval_parameters=config.eval_parameters,
        )
        return EvalResult(config=config, scores=scores)

    @property
    def name(self) -> str:
        """The name of the class."""
        return type(self).__name__
