"""Adaptive difficulty, with or without a server: see ``docs/curriculum.md``."""

from .curriculum import Curriculum, Standing
from .rule import Progress, Rule
from .stores import CurriculumStoreError

__all__ = ["Curriculum", "CurriculumStoreError", "Progress", "Rule", "Standing"]
