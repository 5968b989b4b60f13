from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from RLVE_Gym.problems import hostile
from RLVE_Gym.problems.kit import (
    CharacterGrid,
    Choice,
    Format,
    Formula,
    Grammar,
    Integer,
    Integers,
    Pairs,
    Permutation,
    Quotient,
    Real,
    Reals,
    Rows,
    Text,
    Tokens,
    WrongFormat,
    is_increasing,
    is_permutation,
)

FORMATS: dict[str, Format[Any]] = {
    "integer": Integer("n"),
    "bounded integer": Integer("n", low=1, high=3),
    "integer from below": Integer("n", low=1),
    "exact integer": Integer("n", exact=True),
    "integers": Integers("the items", empty="there is none"),
    "three bits": Integers("the bits", count=3, low=0, high=1),
    "some integers": Integers("the vertices", nonempty=True),
    "permutation": Permutation("the order", 4),
    "large permutation": Permutation("the order", 400, first=1),
    "pairs": Pairs("the edges", names="s t"),
    "rows": Rows("the grid", rows=2, columns=3),
    "some rows": Rows("the swaps", columns=2, empty="there is none"),
    "rows of any length": Rows("the groups"),
    "real": Real("x"),
    "reals": Reals("x y r", 3),
    "quotient": Quotient("the probability"),
    "choice": Choice("the winner", ("Stan", "Ollie")),
    "text": Text("the word"),
    "letters": Text("the word", alphabet="ab", length=4),
    "tokens": Tokens("the program", ("A#", "#A", "B#", "#B")),
    "characters": CharacterGrid("the grid", 2, 3, "01"),
    "formula": Formula("F", Grammar(frozenset("x"), frozenset({"sin"}), signs=True, powers=True), ("sin(x)", "-x**2")),
}
each = pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)


@each
def test_examples_are_written_as_they_are_read(form: Format[Any]) -> None:
    examples = list(form.examples())
    assert examples
    for example in examples:
        assert form.parse(form.show(example)) == example
        assert form.parse(f"\n {form.show(example)} \n") == example


@each
def test_descriptions_say_what_is_wanted_and_end_in_a_full_stop(form: Format[Any]) -> None:
    assert form.describe().startswith("Answer with ")
    assert form.describe().endswith(".")


@each
def test_the_example_shown_is_not_the_answer(form: Format[Any]) -> None:
    if isinstance(form, Choice):
        assert form.exemplify(lambda _: True, ("<a>", "</a>")) == "That is, one of <a>Stan</a> or <a>Ollie</a>."
        return
    first, second = list(form.examples())[:2]
    shown = form.exemplify(lambda answer: answer == first, ("<a>", "</a>"))
    assert form.show(second) in shown
    with pytest.raises(ValueError, match="add one that is not"):
        form.exemplify(lambda _: True, ("<a>", "</a>"))


@each
def test_whatever_the_text_it_parses_or_has_a_wrong_format(form: Format[Any]) -> None:
    for text in hostile.answers():
        parses(form, text)


@given(st.sampled_from(list(FORMATS.values())), st.text(alphabet="01 ab-+./x*()\n\t\uff12_e", max_size=30))
def test_any_text_parses_or_has_a_wrong_format(form: Format[Any], text: str) -> None:
    parses(form, text)


def parses(form: Format[Any], text: str) -> bool:
    try:
        form.parse(text)
    except WrongFormat:
        return False
    return True


@pytest.mark.parametrize(
    ("form", "text", "answer"),
    [
        ("integer", " -12\n", -12),
        ("bounded integer", "4", None),
        ("integer from below", "0", None),
        ("integer", "", None),
        ("integer", "1 2", None),
        ("integers", "", []),
        ("integers", " 3\t+1\n-2 ", [3, 1, -2]),
        ("integers", "3, 1", None),
        ("three bits", "0 1", None),
        ("three bits", "0 1 2", None),
        ("some integers", " ", None),
        ("permutation", "7 7", [7, 7]),
        ("pairs", "1 2 3 4", [(1, 2), (3, 4)]),
        ("pairs", "1 2 3", None),
        ("pairs", "", []),
        ("rows", "\n 1 2 3\n\n4 5 6", [[1, 2, 3], [4, 5, 6]]),
        ("rows", "1 2\n3 4", None),
        ("rows", "1 2 3", None),
        ("some rows", "", []),
        ("some rows", "1 2\x0b3 4\u20285 6", [[1, 2], [3, 4], [5, 6]]),
        ("some rows", "1\n2 3 4", None),
        ("rows of any length", "1 2\n\n-3\n4 +5 6", [[1, 2], [-3], [4, 5, 6]]),
        ("rows of any length", "1 2\n3 x", None),
        ("reals", "1 2.5 -1e2", [1.0, 2.5, -100.0]),
        ("reals", "1 2", None),
        ("reals", "nan nan 1", None),
        ("quotient", " 1 / 4 ", (1, 4)),
        ("quotient", "1", None),
        ("quotient", "1/2/3", None),
        ("choice", " stan ", "stan"),
        ("letters", "abab", "abab"),
        ("letters", "abc", None),
        ("tokens", "A# #B", ["A#", "#B"]),
        ("tokens", "A# C", None),
        ("characters", " 010 \n\n111", ["010", "111"]),
        ("characters", "010\n11", None),
        ("characters", "012\n111", None),
    ],
)
def test_texts_are_read_as_the_format_says(form: str, text: str, answer: object) -> None:
    if answer is None:
        assert not parses(FORMATS[form], text)
    else:
        assert FORMATS[form].parse(text) == answer


def test_is_permutation_and_is_increasing() -> None:
    assert is_permutation([2, 0, 1], 3)
    assert is_permutation([2, 3, 1], 3, first=1)
    assert not is_permutation([0, 1, 1], 3)
    assert not is_permutation([0, 1, 2], 4)
    assert is_increasing([1, 2, 5])
    assert not is_increasing([1, 1])
