import pytest
from hypothesis import given
from hypothesis import strategies as st

from RLVE_Gym.problems.kit import WrongFormat
from RLVE_Gym.problems.kit.numerals import LONGEST, integer_text, parse_integer, parse_integers, parse_real

NO_INTEGERS = "|+|-|--1|+-1|1_000|5.0|1e3|0x1| 1|\uff11|\u0663|\u00b2|a"
NO_REALS = "|.|e5|nan|inf|-Infinity|1e999|1_0.0|\uff11.5|1 |0x1p3"


@given(st.integers(), st.integers(0, 3))
def test_integers_of_any_sign_are_read(value: int, zeros: int) -> None:
    sign = "-" if value < 0 else ""
    assert parse_integer(f"{sign}{'0' * zeros}{abs(value)}") == value
    assert parse_integer(integer_text(value)) == value


@pytest.mark.parametrize("digits", [512, 513, 4301, 20_000])
def test_long_integers_are_exact(digits: int) -> None:
    value = 10**digits - 10 ** (digits // 2) - 7
    text = integer_text(value)
    assert len(text) == digits
    assert parse_integer(text) == value
    assert parse_integer(f"-000{text}") == -value


def test_the_longest_integers_are_exact_and_longer_ones_stay_apart() -> None:
    assert parse_integer("1" + "0" * (LONGEST - 1)) == 10 ** (LONGEST - 1)
    assert parse_integer("0" * LONGEST + "12") == 12
    assert parse_integer("9" * (LONGEST + 1)) == 10**LONGEST
    assert parse_integer("-" + "9" * (LONGEST + 1)) == -(10**LONGEST)
    with pytest.raises(WrongFormat):
        parse_integer("9" * (LONGEST + 1), exact=True)


@given(
    st.lists(
        st.one_of(st.integers().map(str), st.sampled_from(["007", "+5", "-0", "1" * 600, *NO_INTEGERS.split("|")]))
    )
)
def test_many_tokens_are_read_as_one_by_one(tokens: list[str]) -> None:
    try:
        expected = [parse_integer(token) for token in tokens]
    except WrongFormat:
        with pytest.raises(WrongFormat):
            parse_integers(tokens)
    else:
        assert parse_integers(tokens) == expected


@pytest.mark.parametrize("token", NO_INTEGERS.split("|"))
def test_other_tokens_are_not_integers(token: str) -> None:
    with pytest.raises(WrongFormat):
        parse_integer(token)


@pytest.mark.parametrize(("token", "value"), [("2.", 2.0), (".5", 0.5), ("-1.5e-3", -0.0015), ("+7", 7.0)])
def test_reals_are_read(token: str, value: float) -> None:
    assert parse_real(token) == value


@pytest.mark.parametrize("token", NO_REALS.split("|"))
def test_other_tokens_are_not_reals(token: str) -> None:
    with pytest.raises(WrongFormat):
        parse_real(token)
