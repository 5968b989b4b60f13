"""The rules every environment keeps."""

# Importing a module registers its rules; the order is the order in which they are checked.
from . import data, episodes, isolation, misuse  # isort: skip
from .registry import RULES, Rule

__all__ = ["RULES", "Rule", "data", "episodes", "isolation", "misuse"]
