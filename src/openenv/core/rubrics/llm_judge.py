"""A language model as the judge."""

import math
import re
from string import Formatter
from typing import Any, Final, Protocol

from .base import Rubric

# A minus counts as a sign only where it does not follow a word or a number ("1-10", "score-0.5").
DEFAULT_SCORE_PATTERN: Final = r"((?:(?<![\w.])-)?(?:\d+(?:\.\d+)?|\.\d+))"
_FIELDS: Final = ("action", "observation")


class CompletionClient(Protocol):
    """What a judge needs of a client: :class:`openenv.core.llm_client.LLMClient` has it."""

    async def complete(self, prompt: str, **kwargs: Any) -> str: ...


class LLMJudge(Rubric):
    """Asks a language model for a score and reads it from the reply. Always async.

    Args:
        prompt_template: a format string with the fields ``{action}`` and ``{observation}`` (attributes too,
            as in ``{action.message}``); other braces are doubled.
        client: any object with an async ``complete(prompt)``.
        score_pattern: a regular expression whose first group (or whole match) is the score. Default: the
            first decimal number.
        default_score: what to return where the reply holds no score.
        normalize: clamp the score to the range 0 to 1.

    Raises:
        ValueError: if the template or the pattern is malformed.
    """

    def __init__(
        self,
        prompt_template: str,
        client: CompletionClient,
        *,
        score_pattern: str | None = None,
        default_score: float = 0.0,
        normalize: bool = True,
    ) -> None:
        self.prompt_template = prompt_template
        self.client = client
        self.score_pattern = DEFAULT_SCORE_PATTERN if score_pattern is None else score_pattern
        self.default_score = default_score
        self.normalize = normalize
        if type(self)._render_prompt is LLMJudge._render_prompt:
            _check_template(prompt_template)
        _check_pattern(self.score_pattern)

    async def forward(self, action: Any, observation: Any) -> float:
        return self._parse_score(await self.client.complete(self._render_prompt(action, observation)))

    def _render_prompt(self, action: Any, observation: Any) -> str:
        return self.prompt_template.format(action=action, observation=observation)

    def _parse_score(self, response: str) -> float:
        match = re.search(self.score_pattern, response)
        if match is None:
            return self.default_score
        try:
            score = float(match.group(1 if match.re.groups else 0))
        except (TypeError, ValueError):  # no number was matched, or the group matched nothing
            return self.default_score
        if not math.isfinite(score):
            return self.default_score
        return min(max(score, 0.0), 1.0) if self.normalize else score

    def state_dict(self) -> dict[str, Any]:
        return {
            **super().state_dict(),
            "prompt_template": self.prompt_template,
            "score_pattern": self.score_pattern,
            "default_score": self.default_score,
            "normalize": self.normalize,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        for name in ("prompt_template", "score_pattern", "default_score", "normalize"):
            setattr(self, name, state.get(name, getattr(self, name)))


def _check_template(template: str) -> None:
    try:
        names = [field for _, field, _, _ in Formatter().parse(template) if field is not None]
    except ValueError as error:
        raise ValueError(f"prompt_template is malformed ({error}): literal braces are doubled, {{{{ }}}}") from None
    for name in names:
        if re.split(r"[.\[]", name)[0] not in _FIELDS:
            raise ValueError(
                f"prompt_template has the field {{{name}}}; it may use {{action}} and {{observation}}, "
                "and literal braces are doubled, {{ }}"
            )


def _check_pattern(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"score_pattern is no regular expression: {error}") from None
