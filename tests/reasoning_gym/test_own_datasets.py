"""reverse_sort and chess_state_eval."""

import re
from typing import Any

import chess
import pytest

from openenv.core.wire import decode
from reasoning_gym_env.server.errors import SelectionError
from reasoning_gym_env.server.gym import Gym
from reasoning_gym_env.server.questions import Question
from reasoning_gym_env.server.selection import selection_of

VALUES = {"p": 1, "n": 3, "b": 3, "r": 5, "q": 9, "k": 0}


def posed(gym: Gym, name: str, index: int, difficulty: int | None = None, **config: Any) -> Question:
    selection = selection_of(name, config, seed=11, size=1000, difficulty=difficulty)
    assert selection is not None
    return gym.workshop.order(selection, index).future.result()


def score(gym: Gym, question: Question, answer: str) -> float:
    return gym.workshop.judge(question, answer).result().score


# reverse_sort


def test_lists_are_as_configured(gym: Gym) -> None:
    lengths = set()
    for index in range(40):
        question = posed(gym, "reverse_sort", index, min_length=2, max_length=4, min_value=-3, max_value=3)
        numbers = decode(question.metadata)["numbers"]
        assert f"smallest: {numbers}\n" in question.text
        assert set(numbers) <= set(range(-3, 4))
        lengths.add(len(numbers))
        assert question.answer == str(sorted(numbers, reverse=True))
    assert lengths == {2, 3, 4}


def test_only_the_sorted_list_is_right(gym: Gym) -> None:
    question = posed(gym, "reverse_sort", 0, min_length=5, max_length=5, min_value=0, max_value=9)
    numbers = decode(question.metadata)["numbers"]
    expected = sorted(numbers, reverse=True)
    assert numbers != expected
    bare = ", ".join(map(str, expected))
    for right in (f"[{bare}]", f"  [{bare}]\n", bare.replace(" ", ""), f"[ {bare} ]"):
        assert score(gym, question, right) == 1.0, right
    wrong = (
        numbers,
        sorted(numbers),
        expected[1:],
        [*expected, 0],
        [float(number) for number in expected],
        [str(number) for number in expected],
        [expected],
    )
    for answer in (*map(str, wrong), bare + ",", f"The answer is [{bare}]", "", "[", "[" * 100_000):
        assert score(gym, question, answer) == 0.0, answer[:50]
    ones = posed(gym, "reverse_sort", 0, min_length=2, max_length=2, min_value=1, max_value=1)
    assert score(gym, ones, "[1, 1]") == 1.0
    assert score(gym, ones, "[true, true]") == 0.0


def test_lists_grow_with_the_level(gym: Gym) -> None:
    longest = [
        max(len(decode(posed(gym, "reverse_sort", index, level).metadata)["numbers"]) for index in range(30))
        for level in (0, 2, 4)
    ]
    assert longest[0] <= 5 < longest[1] <= 20 < longest[2] <= 80


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"min_length": 0}, "min_length must be positive"),
        ({"min_length": 9, "max_length": 3}, "max_length must be >= min_length"),
        ({"min_value": 9, "max_value": 3}, "max_value must be >= min_value"),
        ({"min_len": 9}, "did you mean min_length"),
    ],
)
def test_lists_that_cannot_be_are_refused(config: dict[str, Any], words: str, gym: Gym) -> None:
    with pytest.raises(SelectionError, match=f"reverse_sort.*{words}"):
        posed(gym, "reverse_sort", 0, **config)


# chess_state_eval


def test_the_answer_is_what_the_rules_of_chess_say(gym: Gym) -> None:
    answers = set()
    for index in range(80):
        question = posed(gym, "chess_state_eval", index)
        metadata = decode(question.metadata)
        board = chess.Board(metadata["fen"])
        assert board.is_valid()
        assert (board.castling_rights, board.ep_square) == (0, None)
        assert 5 <= len(board.piece_map()) == metadata["pieces"] <= 14
        assert metadata["fen"] in question.text
        assert ("White's turn" in question.text) == (board.turn == chess.WHITE)

        placement = metadata["fen"].split()[0]
        men = re.sub(r"[0-9/]", "", placement)
        balance = sum(VALUES[man.lower()] * (1 if man.isupper() else -1) for man in men)
        assert metadata["material_balance"] == balance
        if board.is_checkmate():
            expected = "checkmate"
        elif board.is_stalemate():
            expected = "stalemate"
        elif board.is_check():
            expected = "check"
        else:
            expected = f"{balance:+d}" if balance else "0"
        assert question.answer == expected
        answers.add(metadata["state"])
        assert metadata["state"] == (expected if expected.isalpha() else "material")

        # The diagram shows the same position as the notation.
        rows = re.findall(r"^[1-8] (.*)$", question.text, re.MULTILINE)
        assert [row.replace(" ", "") for row in rows] == [_spread(rank) for rank in placement.split("/")]
    assert answers == {"checkmate", "stalemate", "check", "material"}


def _spread(rank: str) -> str:
    return re.sub(r"[1-8]", lambda digits: "." * int(digits[0]), rank)


@pytest.mark.parametrize("state", ["checkmate", "stalemate", "check", "material"])
@pytest.mark.parametrize("pieces", [4, 17, 32])
def test_every_state_is_found_on_empty_and_on_full_boards(state: str, pieces: int, gym: Gym) -> None:
    question = posed(gym, "chess_state_eval", 0, states=[state], min_pieces=pieces, max_pieces=pieces)
    metadata = decode(question.metadata)
    assert metadata["state"] == state
    assert metadata["pieces"] == (min(pieces, 17) if state == "stalemate" else pieces)
    assert score(gym, question, question.answer or "") == 1.0


def test_only_the_state_is_right(gym: Gym) -> None:
    mate = posed(gym, "chess_state_eval", 0, states=["checkmate"])
    for right in ("checkmate", "Checkmate", " CHECKMATE\n"):
        assert score(gym, mate, right) == 1.0
    for wrong in ("check", "mate", "stalemate", "checkmate!", "check checkmate", "0", "", "checkmate or not"):
        assert score(gym, mate, wrong) == 0.0, wrong

    questions = [posed(gym, "chess_state_eval", index, states=["material"]) for index in range(30)]
    ahead = next(question for question in questions if decode(question.metadata)["material_balance"] > 0)
    balance = decode(ahead.metadata)["material_balance"]
    for right in (f"+{balance}", f"{balance}", f" +{balance} "):
        assert score(gym, ahead, right) == 1.0
    for wrong in (f"-{balance}", f"{balance + 1}", f"{balance}.0", f"+ {balance}", "check", "", "9" * 5000, "+", "٣"):
        assert score(gym, ahead, wrong) == 0.0, wrong[:20]


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"min_pieces": 3}, "min_pieces must be at least 4"),
        ({"min_pieces": 9, "max_pieces": 8}, "max_pieces must be >= min_pieces"),
        ({"max_pieces": 33}, "max_pieces must be at most 32"),
        ({"states": []}, "states must not be empty"),
        ({"states": ["draw"]}, "states must be among material, check, checkmate, stalemate"),
    ],
)
def test_positions_that_cannot_be_are_refused(config: dict[str, Any], words: str, gym: Gym) -> None:
    with pytest.raises(SelectionError, match=f"chess_state_eval: {words}"):
        posed(gym, "chess_state_eval", 0, **config)
