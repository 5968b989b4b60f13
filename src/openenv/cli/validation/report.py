"""What a validation reports, whatever it looked at."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Criterion:
    """One thing that was checked: what was expected, what was found, and why it failed where it did."""

    id: str
    description: str
    passed: bool
    required: bool = True
    expected: dict[str, Any] = field(default_factory=dict)
    actual: dict[str, Any] = field(default_factory=dict)
    details: str | None = None

    def as_dict(self) -> dict[str, Any]:
        content = {
            "id": self.id,
            "description": self.description,
            "passed": self.passed,
            "required": self.required,
            "expected": self.expected,
            "actual": self.actual,
        }
        if self.details is not None:
            content["details"] = self.details
        return content


def summarize(criteria: list[Criterion]) -> dict[str, Any]:
    """The ``summary`` of a report: counts, and the ids that failed."""
    required = [criterion for criterion in criteria if criterion.required]
    return {
        "passed_count": sum(criterion.passed for criterion in criteria),
        "total_count": len(criteria),
        "failed_criteria": [criterion.id for criterion in criteria if not criterion.passed],
        "required_passed_count": sum(criterion.passed for criterion in required),
        "required_total_count": len(required),
    }


def all_required_pass(criteria: list[Criterion]) -> bool:
    return all(criterion.passed for criterion in criteria if criterion.required)
