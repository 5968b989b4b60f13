"""Reasoning Gym: one question from a procedural dataset per episode, and a score from 0 to 1 for the answer."""

from .client import ReasoningGymEnv
from .models import ReasoningGymAction, ReasoningGymObservation, ReasoningGymState

__all__ = ["ReasoningGymAction", "ReasoningGymEnv", "ReasoningGymObservation", "ReasoningGymState"]
