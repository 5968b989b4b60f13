"""The providers that run containers."""

from .base import ContainerProvider, RuntimeProvider
from .local_docker import LocalDockerProvider

__all__ = ["ContainerProvider", "LocalDockerProvider", "RuntimeProvider"]
