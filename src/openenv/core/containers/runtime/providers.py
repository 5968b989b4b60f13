"""The providers that run containers."""

from .base import ContainerProvider, RuntimeProvider
from .docker_swarm import DockerSwarmProvider
from .local_docker import LocalDockerProvider

__all__ = ["ContainerProvider", "DockerSwarmProvider", "LocalDockerProvider", "RuntimeProvider"]
