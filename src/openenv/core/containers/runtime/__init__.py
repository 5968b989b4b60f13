"""Providers: what starts a server, tells its URL, and stops it. Names are loaded when they are first used."""

from typing import TYPE_CHECKING

from ...._lazy import lazy_exports

if TYPE_CHECKING:
    from .base import ContainerProvider, RuntimeProvider
    from .daytona_provider import DaytonaProvider
    from .docker_swarm import DockerSwarmProvider
    from .local_docker import LocalDockerProvider
    from .process_provider import ProcessProvider
    from .uv_provider import UVProvider

__all__ = [
    "ContainerProvider",
    "DaytonaProvider",
    "DockerSwarmProvider",
    "LocalDockerProvider",
    "ProcessProvider",
    "RuntimeProvider",
    "UVProvider",
]

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "ContainerProvider": ".base",
        "DaytonaProvider": ".daytona_provider",
        "DockerSwarmProvider": ".docker_swarm",
        "LocalDockerProvider": ".local_docker",
        "ProcessProvider": ".process_provider",
        "RuntimeProvider": ".base",
        "UVProvider": ".uv_provider",
    },
)
