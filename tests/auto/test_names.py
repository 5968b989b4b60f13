"""Spellings of names, and ids of Spaces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openenv.auto.names import canonical, environment_part, hub_id, is_hub_id


@pytest.mark.parametrize("name", ["echo", "echo-env", "echo_env", "Echo_Env", "ECHO", " echo ", "openenv-echo-env"])
def test_spellings_of_one_name(name: str) -> None:
    assert canonical(name) == "echo"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("RLVE_Gym", "rlve_gym"),
        ("reasoning-gym", "reasoning_gym"),
        ("env", "env"),
        ("_", ""),
        ("environment", "environment"),
    ],
)
def test_other_names(name: str, expected: str) -> None:
    assert canonical(name) == expected


WORDS = st.lists(st.from_regex(r"[a-z][a-z0-9]*", fullmatch=True), min_size=1, max_size=4)


@given(WORDS, st.sampled_from("-_. "), st.booleans(), st.booleans())
def test_neither_separator_nor_case_nor_ending_matters(
    words: list[str], mark: str, is_loud: bool, has_end: bool
) -> None:
    name = mark.join([*words, "env"] if has_end else words)
    if words[0] != "openenv" and words[-1] != "env":
        assert canonical(name.upper() if is_loud else name) == "_".join(words)


@pytest.mark.parametrize(
    ("distribution", "part"),
    [
        ("openenv-echo_env", "echo_env"),
        ("OpenEnv.Echo", "Echo"),
        ("openenv_grid-world", "grid-world"),
        ("openenv-core", None),
        ("openenv_core", None),
        ("openenv", None),
        ("openenvironment", None),
        ("my-openenv-echo", None),
    ],
)
def test_distributions(distribution: str, part: str | None) -> None:
    assert environment_part(distribution) == part


@pytest.mark.parametrize(
    "name",
    [
        "Org/My_Space.v2",
        "spaces/Org/My_Space.v2",
        "https://huggingface.co/spaces/Org/My_Space.v2",
        "https://huggingface.co/spaces/Org/My_Space.v2/tree/main?x=1#y",
        "http://www.huggingface.co/Org/My_Space.v2/",
        "huggingface.co/spaces/Org/My_Space.v2",
        "https://hf.co/spaces/Org/My_Space.v2",
    ],
)
def test_ids_of_a_space(name: str) -> None:
    assert is_hub_id(name)
    assert hub_id(name) == "Org/My_Space.v2"


@pytest.mark.parametrize(
    "name",
    [
        "a/b/c",
        "/a",
        "a/",
        "../b",
        "a/..",
        "a/b..c",
        "./envs",
        "-e/b",
        "a/--index-url",
        "a/b@main",
        "a/b#egg=c",
        "a/b c",
        "a/b\n",
        "a\n/b",
        "https://huggingface.co",
        "https://huggingface.co/spaces/a",
        "huggingface.co",
        "https://example.com/spaces/a/b",
        "https://huggingface.co.example.com/spaces/a/b",
        "https://huggingface.co@example.com/spaces/a/b",
        "ssh://huggingface.co/spaces/a/b",
        "file:///spaces/a/b",
        "é/b",
    ],
)
def test_what_is_no_space(name: str) -> None:
    assert is_hub_id(name)
    if name == "a/b\n":  # blanks around a name are forgiven
        assert hub_id(name) == "a/b"
        return
    with pytest.raises(ValueError, match="owner/space"):
        hub_id(name)


@given(st.text(alphabet="ab/.:-_@#?%\\ \n", max_size=20))
def test_an_id_never_holds_more_than_an_id(name: str) -> None:
    try:
        found = hub_id(name)
    except ValueError as error:
        assert "owner/space" in str(error)  # noqa: PT017
        return
    owner, space = found.split("/")
    assert owner.replace("-", "").replace("_", "").replace(".", "").isalnum()
    assert space[0].isalnum()
    assert ".." not in found
