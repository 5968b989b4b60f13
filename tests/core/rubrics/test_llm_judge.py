from typing import Any

import pytest

from openenv.core.env_server.types import Observation
from openenv.core.rubrics import LLMJudge, WeightedSum
from openenv.core.rubrics.llm_judge import CompletionClient


class Scripted:
    """A client that answers what it was told to."""

    def __init__(self, reply: str) -> None:
        self.reply = reply
        self.prompts: list[str] = []

    async def complete(self, prompt: str, **kwargs: Any) -> str:
        self.prompts.append(prompt)
        return self.reply


async def judge(reply: str, **kwargs: Any) -> float:
    return await LLMJudge("{action}", Scripted(reply), **kwargs).forward("a", "o")


async def test_the_prompt_is_filled_in() -> None:
    client = Scripted("0.5")
    template = 'Rate {action} given {observation.metadata[goal]}: {{"score": ...}}'
    rubric = LLMJudge(template, client)
    assert await rubric("a move", Observation(metadata={"goal": "to win"})) == 0.5  # type: ignore[misc]
    assert client.prompts == ['Rate a move given to win: {"score": ...}']
    assert rubric.last_score == 0.5


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ("0.75", 0.75),
        ("Score: 1", 1.0),
        ("I give it .5 of 1", 0.5),
        ("8/10", 1.0),
        ("-0.5 for that", 0.0),
        ("on a scale 0-1 this is 1", 0.0),
        ("score-0.25", 0.25),
        ("none at all", 0.0),
        ("", 0.0),
    ],
)
async def test_the_first_number_is_the_score(reply: str, score: float) -> None:
    assert await judge(reply) == score


async def test_normalize_and_default() -> None:
    assert await judge("8", normalize=False) == 8.0
    assert await judge("-2.5", normalize=False) == -2.5
    assert await judge("no idea", default_score=0.3) == 0.3


async def test_score_pattern() -> None:
    assert await judge("step 1 ... FINAL: 0.8", score_pattern=r"FINAL: ([\d.]+)") == 0.8
    assert await judge("a 0.8", score_pattern=r"[\d.]+") == 0.8
    assert await judge("FINAL: good", score_pattern=r"FINAL: (\w+)", default_score=0.1) == 0.1
    assert await judge("FINAL: nan", score_pattern=r"FINAL: (\w+)", default_score=0.1) == 0.1
    assert await judge("FINAL", score_pattern=r"FINAL(\d)?", default_score=0.1) == 0.1


@pytest.mark.parametrize("template", ['{"score": 1}', "{answer}", "{", "{0}"])
def test_a_malformed_template_is_refused_at_once(template: str) -> None:
    with pytest.raises(ValueError, match=r"prompt_template .*literal braces are doubled"):
        LLMJudge(template, Scripted("1"))


def test_a_malformed_pattern_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="score_pattern is no regular expression"):
        LLMJudge("{action}", Scripted("1"), score_pattern="(")


async def test_rendering_and_parsing_may_be_overridden() -> None:
    class Verdict(LLMJudge):
        def _render_prompt(self, action: Any, observation: Any) -> str:
            return self.prompt_template.replace("<A>", action)

        def _parse_score(self, response: str) -> float:
            return float(response == "yes")

    client = Scripted("yes")
    assert await Verdict('Is <A> {"fine"}?', client)("this", "o") == 1.0  # type: ignore[misc]
    assert client.prompts == ['Is this {"fine"}?']


async def test_judges_in_a_weighted_sum() -> None:
    rubric = WeightedSum([LLMJudge("{action}", Scripted("1")), LLMJudge("{action}", Scripted("0.5"))], [0.5, 0.5])
    assert await rubric("a", "o") == pytest.approx(0.75)  # type: ignore[misc]


def test_state_dict() -> None:
    first = LLMJudge("{action}?", Scripted("1"), score_pattern=r"\d", default_score=0.2, normalize=False)
    second = LLMJudge("{action}", Scripted("1"))
    second.load_state_dict(first.state_dict())
    assert second.state_dict() == first.state_dict()
    assert second.prompt_template == "{action}?"


def test_a_client_needs_complete_only() -> None:
    client: CompletionClient = Scripted("1")
    assert LLMJudge("{action}", client).client is client
