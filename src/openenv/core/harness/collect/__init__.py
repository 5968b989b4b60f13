"""Collecting episodes into a folder that survives being interrupted, and publishing it."""

from .hub import push_to_hf_hub
from .model_step import build_model_step
from .records import CollectResult, EpisodeRecord
from .runner import CollectRunner
from .serializer import RolloutSerializer

__all__ = [
    "CollectResult",
    "CollectRunner",
    "EpisodeRecord",
    "RolloutSerializer",
    "build_model_step",
    "push_to_hf_hub",
]
