"""What a check says: an error at the first broken rule, else a report."""

from dataclasses import dataclass, field

from openenv.core.errors import OpenEnvError


class EnvironmentCheckError(AssertionError):
    """An environment breaks a rule.

    Attributes:
        rule: the rule's name.
        seen: what the environment did.
        mend: how to put it right.
    """

    def __init__(self, rule: str, seen: str, mend: str) -> None:
        self.rule = rule
        self.seen = seen
        self.mend = mend
        super().__init__(f"{rule}: {seen}\nTo mend it: {mend}")


class ActionSamplingError(OpenEnvError, ValueError):
    """No action could be made from the action model's schema: pass some."""


@dataclass(frozen=True)
class RuleResult:
    """How one rule fared: kept, or skipped for a reason."""

    rule: str
    skipped: str | None = None

    def __str__(self) -> str:
        return f"{self.rule}: {'ok' if self.skipped is None else f'skipped, {self.skipped}'}"


@dataclass
class CheckReport:
    """What was checked of an environment.

    Attributes:
        environment: the name of its class.
        results: one per rule, in the order checked.
        steps: how many steps were taken in all.
    """

    environment: str
    results: list[RuleResult] = field(default_factory=list)
    steps: int = 0

    @property
    def kept(self) -> list[str]:
        """The rules that were checked and kept."""
        return [result.rule for result in self.results if result.skipped is None]

    @property
    def skipped(self) -> dict[str, str]:
        """The rules that were not checked, with the reasons."""
        return {result.rule: result.skipped for result in self.results if result.skipped is not None}

    def __str__(self) -> str:
        counts = f"{len(self.kept)} rules kept, {len(self.skipped)} skipped, {self.steps} steps"
        return "\n".join([f"{self.environment}: {counts}", *(f"  {result}" for result in self.results)])
