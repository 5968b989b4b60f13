import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from RLVE_Gym.problems.kit.extraction import DEFAULT_MARKERS, check_markers, extract


@pytest.mark.parametrize(
    ("output", "answer"),
    [
        ("", None),
        ("42", None),
        ("<answer>42", None),
        ("</answer>42<answer>", None),
        ("<answer></answer>", ""),
        ("<answer>1</answer><answer>2</answer>", "2"),
        ("<answer>1</answer><answer>2", "1"),
        ("<answer>a<answer>b</answer>", "a<answer>b"),
        ("<answer>a\nb</answer>", "a\nb"),
        ("<answer>1</answer> Assistant: none", None),
        ("<answer>1</answer>Assistant:<answer>2</answer>Assistant:<answer>3</answer>", "3"),
        ("<answer>1</answer><|im_start|>assistant", None),
        ("Assistant: <answer>1</answer><|im_start|>assistant", "1"),
    ],
)
def test_the_last_marked_text_after_the_speaker_counts(output: str, answer: str | None) -> None:
    assert extract(output, DEFAULT_MARKERS) == answer


@given(st.lists(st.sampled_from(["<answer>", "</answer>", "<answer", "a", "\n"]), max_size=12).map("".join))
def test_it_is_the_last_match_of_the_lazy_pattern(output: str) -> None:
    matches = re.findall("<answer>(.*?)</answer>", output, re.DOTALL)
    assert extract(output, DEFAULT_MARKERS) == (matches[-1] if matches else None)


def test_other_markers() -> None:
    assert extract(r"so \boxed{7} and \boxed{8}", ("\\boxed{", "}")) == "8"
    assert extract("$$1$$ $$2$$", ("$$", "$$")) == "2"


@pytest.mark.parametrize("markers", [("", ""), ("a",), ("a", ""), ("a", "b", "c"), (1, 2)])
def test_bad_markers_are_refused(markers: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="answer_markers"):
        check_markers(markers)
