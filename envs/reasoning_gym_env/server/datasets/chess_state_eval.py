"""chess_state_eval: is the player to move checkmated, stalemated or in check, and if not, how does material stand?

Of a position there is one exact answer: ``checkmate``, ``stalemate`` or ``check`` for the player to move, or else
White's material less Black's as a signed whole number (pawn 1, knight 3, bishop 3, rook 5, queen 9).

Positions are drawn, not played: the men of each side come from those a game starts with, every position is legal to
stand in (the player not to move is never in check), nobody may castle or capture en passant. The state is drawn
first, all states equally often, and then positions until one is in that state.
"""

import re
from dataclasses import dataclass, field
from random import Random
from typing import Any

import chess
from reasoning_gym.coaching import BaseCurriculum, RangeAttributeDefinition
from reasoning_gym.dataset import ProceduralDataset
from reasoning_gym.factory import register_dataset

DATASET_NAME = "chess_state_eval"

STATES = ("material", "check", "checkmate", "stalemate")
VALUES = {chess.PAWN: 1, chess.KNIGHT: 3, chess.BISHOP: 3, chess.ROOK: 5, chess.QUEEN: 9}
_MEN = [chess.PAWN] * 8 + [chess.KNIGHT] * 2 + [chess.BISHOP] * 2 + [chess.ROOK] * 2 + [chess.QUEEN]
_MOST_MEN = len(_MEN)
_MOST_IN_STALEMATE = _MOST_MEN + 2  # more, and the player to move has a man besides the king, which can move
_RIM = [square for square in chess.SQUARES if square & 7 in (0, 7) or square >> 3 in (0, 7)]
_TRIES = 100_000  # of a thousand positions, at least three are in the state that is looked for

QUESTION_TEMPLATE = """Evaluate this chess position. It is {player}'s turn.

{board}

Upper-case letters are White's men, lower-case letters Black's. In Forsyth-Edwards notation: {fen}
Nobody may castle or capture en passant.

Answer with the first of these that holds:
- checkmate: {player} is in check and has no legal move
- stalemate: {player} is not in check and has no legal move
- check: {player} is in check and has a legal move
- otherwise the material balance: the value of White's men less the value of Black's, as a signed whole number such as \
+3, 0 or -5. A pawn counts 1, a knight 3, a bishop 3, a rook 5, a queen 9, a king nothing.

Answer with that one word or number alone."""


@dataclass
class ChessStateEvalConfig:
    """What the positions are like. ``min_pieces`` and ``max_pieces`` count all men, both kings included.

    A stalemate has at most 17 men, whatever ``min_pieces`` says.
    """

    min_pieces: int = 5
    max_pieces: int = 14
    states: list[str] = field(default_factory=lambda: list(STATES))
    seed: int | None = None
    size: int = 500

    def validate(self) -> None:
        """Raise an AssertionError that says what is wrong, as the library's configurations do."""
        assert self.min_pieces >= 4, "min_pieces must be at least 4"
        assert self.min_pieces <= self.max_pieces, "max_pieces must be >= min_pieces"
        assert self.max_pieces <= 2 * _MOST_MEN + 2, "max_pieces must be at most 32"
        assert self.states, "states must not be empty"
        assert set(self.states) <= set(STATES), f"states must be among {', '.join(STATES)}"


class ChessStateEvalDataset(ProceduralDataset):  # type: ignore[misc]
    """Chess positions in one of four states."""

    category = "games"

    def __init__(self, config: ChessStateEvalConfig) -> None:
        super().__init__(config=config, seed=config.seed, size=config.size)

    def __getitem__(self, idx: int) -> dict[str, Any]:
        rng = Random(self.seed + idx)
        config = self.config
        state = rng.choice(config.states)
        pieces = rng.randint(config.min_pieces, config.max_pieces)
        board = _find(rng, state, min(pieces, _MOST_IN_STALEMATE) if state == "stalemate" else pieces)
        balance = material_balance(board)
        return {
            "question": QUESTION_TEMPLATE.format(
                player="White" if board.turn else "Black", board=_drawn(board), fen=board.fen()
            ),
            "answer": _signed(balance) if state == "material" else state,
            "metadata": {
                "source_dataset": DATASET_NAME,
                "source_index": idx,
                "fen": board.fen(),
                "state": state,
                "material_balance": balance,
                "pieces": len(board.piece_map()),
                "difficulty": {"pieces": (config.min_pieces, config.max_pieces)},
            },
        }

    def score_answer(self, answer: str | None, entry: dict[str, Any]) -> float:
        """1.0 for the one answer, 0.0 for everything else; case, outer space and the sign of +3 do not matter."""
        if not isinstance(answer, str):
            return 0.0
        given, expected = answer.strip().lower(), entry["answer"]
        if entry["metadata"]["state"] != "material":
            return 1.0 if given == expected else 0.0
        is_number = re.fullmatch(r"[+-]?[0-9]{1,3}", given) is not None
        return 1.0 if is_number and int(given) == int(expected) else 0.0


def position_state(board: chess.Board) -> str:
    """Which of ``STATES`` the player to move is in."""
    can_move = any(board.generate_legal_moves())
    if board.is_check():
        return "check" if can_move else "checkmate"
    return "material" if can_move else "stalemate"


def material_balance(board: chess.Board) -> int:
    """The value of White's men less that of Black's."""
    men = board.piece_map().values()
    return sum(VALUES.get(man.piece_type, 0) * (1 if man.color == chess.WHITE else -1) for man in men)


def _find(rng: Random, state: str, pieces: int) -> chess.Board:
    for _ in range(_TRIES):
        board = _draw(rng, pieces, is_rare=state in ("checkmate", "stalemate"))
        if not board.was_into_check() and position_state(board) == state and board.is_valid():
            return board
    raise RuntimeError(f"no position with {pieces} men and {state} was found")


def _draw(rng: Random, pieces: int, *, is_rare: bool) -> chess.Board:
    """A random position; with ``is_rare``, more often one whose king has little room.

    The others are cramped now and then too: the look of a position must not tell its state.
    """
    chance = 0.8 if is_rare else 0.4
    on_rim, near, alone = (rng.random() < chance for _ in range(3))
    mover = rng.random() < 0.5
    men = pieces - 2
    fewest = max(0, men - _MOST_MEN)
    of_mover = fewest if alone else rng.randint(fewest, min(men, _MOST_MEN))

    squares = list(chess.SQUARES)
    rng.shuffle(squares)
    king = rng.choice(_RIM) if on_rim else squares[0]
    squares.remove(king)
    reach = range(2, 3 if near else 8)
    other_king = next(square for square in squares if chess.square_distance(square, king) in reach)
    squares.remove(other_king)
    placed = {king: chess.Piece(chess.KING, mover), other_king: chess.Piece(chess.KING, not mover)}
    for colour, count in ((mover, of_mover), (not mover, men - of_mover)):
        for kind in rng.sample(_MEN, count):
            square = next(s for s in squares if kind != chess.PAWN or 8 <= s < 56)
            squares.remove(square)
            placed[square] = chess.Piece(kind, colour)
    board = chess.Board(None)
    board.set_piece_map(placed)
    board.turn = mover
    return board


def _drawn(board: chess.Board) -> str:
    ranks = str(board).splitlines()
    return "\n".join([*(f"{8 - row} {rank}" for row, rank in enumerate(ranks)), "  a b c d e f g h"])


def _signed(number: int) -> str:
    return f"{number:+d}" if number else "0"


class ChessStateEvalCurriculum(BaseCurriculum):  # type: ignore[misc]
    """More men on the board."""

    def __init__(self) -> None:
        super().__init__(ChessStateEvalCurriculum.__name__, ChessStateEvalConfig)
        self._define_attributes(
            RangeAttributeDefinition(
                name="pieces",
                levels=[4, 6, 8, 12, 16, 24, 32],
                description="How many men are on the board",
                lower_field_name="min_pieces",
                upper_field_name="max_pieces",
                ensure_interval=True,
            ),
        )


register_dataset(DATASET_NAME, ChessStateEvalDataset, ChessStateEvalConfig, ChessStateEvalCurriculum)
