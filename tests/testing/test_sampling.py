import random
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from openenv.core.env_server.mcp_types import Tool
from openenv.core.env_server.types import Action
from openenv.testing import ActionSamplingError
from openenv.testing.compare import first_difference, without
from openenv.testing.sampling import sample, sample_actions, sample_tool_calls


class Inner(BaseModel):
    name: str = Field(min_length=12)
    tags: list[Literal["a", "b"]] = Field(min_length=1, max_length=2)


class Everything(Action):
    count: int = Field(ge=-5, lt=-1)
    even: int = Field(gt=3, multiple_of=2)
    below: int = Field(le=-7)
    share: float = Field(gt=0, lt=1)
    word: str = Field(max_length=3)
    flag: bool
    either: int | str
    maybe: str | None
    nothing: None
    pair: tuple[int, str]
    inner: Inner
    mapping: dict[str, int]
    several: list[Inner] = Field(min_length=2)
    anything_optional: Any = None


@pytest.mark.parametrize("seed", range(20))
def test_samples_fit_their_schema(seed: int) -> None:
    made = sample(Everything.model_json_schema(), random.Random(seed))
    assert Everything.model_validate(made, strict=False)


def test_sampling_is_reproducible_and_varied() -> None:
    first, second = sample_actions(Everything, 5), sample_actions(Everything, 5)
    assert first == second
    assert len({action.model_dump_json() for action in first}) > 1


def test_examples_come_first() -> None:
    class Move(Action):
        model_config = ConfigDict(json_schema_extra={"examples": [{"uci": "e2e4"}, {"uci": "d2d4"}]})

        uci: str

    class Resign(Action):
        word: str = Field(pattern="^I resign$", examples=["I resign"])

    moves = [action.model_dump()["uci"] for action in sample_actions(Move, 4)]
    assert moves[:2] == ["e2e4", "d2d4"]
    assert set(moves[2:]) <= {"e2e4", "d2d4"}
    assert sample_actions(Resign, 1) == [Resign(word="I resign")]


class Node(BaseModel):
    child: "Node"


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (Annotated[str, Field(pattern="x+")], "must match 'x\\+'"),
        (Annotated[int, Field(gt=3, lt=4)], "empty range"),
        (Any, "does not say of what type"),
        (Node, "refers to itself"),
    ],
)
def test_what_cannot_be_made_is_named(annotation: Any, words: str) -> None:
    model = type("Odd", (Action,), {"__annotations__": {"field": annotation}})
    with pytest.raises(ActionSamplingError, match=rf"Odd: Odd\.field.*{words}.*pass action="):
        sample_actions(model, 1)


def test_what_the_schema_does_not_tell() -> None:
    from pydantic import field_validator

    class Odd(Action):
        number: int

        @field_validator("number")
        @classmethod
        def _large(cls, value: int) -> int:
            if value < 10**6:
                raise ValueError("too small")
            return value

    with pytest.raises(ActionSamplingError, match=r"does not fit it \(Value error, too small\)"):
        sample_actions(Odd, 1)


def test_tool_calls() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 3}}, "required": ["n"]}
    tools = [
        Tool(name="a", description="", input_schema=schema),
        Tool(name="b", description="", input_schema={}),
    ]
    with pytest.raises(ActionSamplingError, match="b: b does not say"):
        list(sample_tool_calls(tools, 2))
    tools[1].input_schema = {"type": "object"}
    calls = list(sample_tool_calls(tools, 3))
    assert [call.tool_name for call in calls] == ["a", "b", "a"]
    assert calls[0].arguments["n"] >= 3
    assert calls[1].arguments == {}
    with pytest.raises(ActionSamplingError, match="lists no tools"):
        list(sample_tool_calls([], 1))


@pytest.mark.parametrize(
    ("left", "right", "difference"),
    [
        ({"a": (1, 2)}, {"a": [1, 2]}, None),
        (float("nan"), float("nan"), None),
        (1, 1.0, None),
        (1, True, "it is 1, then True"),
        ({"a": {"b": [1, {"c": 2}]}}, {"a": {"b": [1, {"c": 3}]}}, "a.b[1].c is 2, then 3"),
        ({"a": 1}, {}, "it has no 'a' the second time"),
        ({}, {"a": 1}, "it has 'a' only the second time"),
        ({1: "x"}, {"1": "x"}, "it has no 1 the second time"),
        ([1], [1, 2], "it has 1 items, then 2"),
        ({"a": float("nan")}, {"a": None}, "a is nan, then None"),
    ],
)
def test_differences(left: Any, right: Any, difference: str | None) -> None:
    assert first_difference(left, right) == difference


def test_arrays_are_compared_by_their_numbers() -> None:
    numpy = pytest.importorskip("numpy")
    assert first_difference({"a": numpy.arange(3)}, {"a": [0, 1, 2]}) is None
    assert first_difference(numpy.float64(1.5), 2.5) == "it is 1.5, then 2.5"


def test_ignored_fields() -> None:
    value = {"a": 1, "metadata": {"t": 2, "keep": {"t": 3}}}
    assert without(value, {"a", "metadata.t"}) == {"metadata": {"keep": {"t": 3}}}
    assert without(value, {"metadata.keep.t"}) == {"a": 1, "metadata": {"t": 2, "keep": {}}}
