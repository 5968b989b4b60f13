"""The wire's encoder and decoder."""

import dataclasses
import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from openenv.core.wire import decode, encode

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=20,
)


class Point(BaseModel):
    x: int
    y: "Point | None" = None


@dataclasses.dataclass
class Pair:
    left: Any
    right: Any


@settings(max_examples=60, deadline=None, derandomize=True)
@given(JSON)
def test_json_survives_a_round_trip(value: Any) -> None:
    once = decode(encode(value))
    assert once == value
    assert repr(once) == repr(value) or json.dumps(once, sort_keys=True) == json.dumps(value, sort_keys=True)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(JSON)
def test_any_other_json_library_reads_what_is_written(value: Any) -> None:
    assert json.loads(encode(value)) == value
    assert decode(json.dumps(value)) == value


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(min_value=-(10**4000), max_value=10**4000))
def test_integers_of_any_size_are_exact(number: int) -> None:
    assert decode(encode({"n": [number]})) == {"n": [number]}


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (float("nan"), "null"),
        ([math.inf, -math.inf, 2**70, math.nan], f"[null,null,{2**70},null]"),
        ((1, (2,)), "[1,[2]]"),
        ({1: None, None: 1}, '{"1":null,"null":1}'),
        ({"b", "a"}, '["a","b"]'),
        (Point(x=1, y=Point(x=2)), '{"x":1,"y":{"x":2,"y":null}}'),
        ({"deep": [Point(x=2**70)]}, f'{{"deep":[{{"x":{2**70},"y":null}}]}}'),
        (Pair(left=(1,), right=Point(x=1)), '{"left":[1],"right":{"x":1,"y":null}}'),
        (np.arange(4).reshape(2, 2), "[[0,1],[2,3]]"),
        (np.arange(4).reshape(2, 2).T, "[[0,2],[1,3]]"),
        (np.array([0.5, np.nan], dtype=np.float32), "[0.5,null]"),
        (np.array([0.5, 1], dtype=np.float16), "[0.5,1.0]"),
        (np.array(["a", "b"]), '["a","b"]'),
        (np.array([2**70], dtype=object), f"[{2**70}]"),
        (np.array(3), "3"),
        (np.array([], dtype=np.int8), "[]"),
        ([np.int8(-1), np.uint64(2**64 - 1), np.float64(0.25), np.bool_(True)], f"[-1,{2**64 - 1},0.25,true]"),
    ],
    ids=lambda given: type(given).__name__,
)
def test_values_of_python_have_a_json_form(value: Any, written: str) -> None:
    assert encode(value).decode() == written


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"x": object()}, "object is not JSON-serializable"),
        ([b"raw"], "bytes have no JSON form; encode them first, for example as base64 text"),
        (np.array([1j]), "complex is not JSON-serializable"),
        (Point, "the class Point is not JSON-serializable"),
        ("half a \ud800 character", "surrogates not allowed"),
    ],
    ids=lambda given: type(given).__name__,
)
def test_what_has_no_json_form_is_named(value: Any, reason: str) -> None:
    with pytest.raises(TypeError, match="cannot be serialized as JSON") as caught:
        encode(value)
    assert reason in str(caught.value)


def test_values_that_contain_themselves_are_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(TypeError, match="cannot be serialized as JSON"):
        encode(loop)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[1,]", "NaN", "-Infinity", "[Infinity]", "'a'", '"\\ud800"', "01", "[" * 300 + "]" * 300, "9" * 5000],
    ids=lambda text: text[:20],
)
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        decode(text)


def test_bytes_that_are_not_utf8_are_refused() -> None:
    with pytest.raises(ValueError):
        decode(b'"\xff"')


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.binary(max_size=50) | st.text(max_size=50))
def test_the_decoder_raises_nothing_but_value_errors(data: str | bytes) -> None:
    try:
        decode(data)
    except ValueError:
        return
