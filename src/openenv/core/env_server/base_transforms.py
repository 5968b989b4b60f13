"""Transforms to build others from."""

from collections.abc import Sequence
from typing import Generic

from .interfaces import ObsT, Transform


class CompositeTransform(Transform[ObsT], Generic[ObsT]):
    """Apply several transforms, first to last."""

    def __init__(self, transforms: Sequence[Transform[ObsT]]) -> None:
        self.transforms = list(transforms)

    def __call__(self, observation: ObsT) -> ObsT:
        for transform in self.transforms:
            observation = transform(observation)
        return observation


class NullTransform(Transform[ObsT], Generic[ObsT]):
    """Leave the observation as it is."""

    def __call__(self, observation: ObsT) -> ObsT:
        return observation
