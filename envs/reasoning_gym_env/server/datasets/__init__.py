"""Datasets of our own, in the library's form. Importing this package registers them."""

from . import chess_state_eval, reverse_sort

__all__ = ["chess_state_eval", "reverse_sort"]
