"""A client of the server at a URL, or of a container in its place."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ..core.client.arguments import checked_headers
from ..core.client.launch import ContainerLaunch
from ..core.env_client import EnvClient
from .launch import DEFAULT_PROBE_S, UrlOrContainer, local_port

if TYPE_CHECKING:
    from ..core.containers.runtime import ContainerProvider


@dataclass
class Container:
    """What is started where no server is found."""

    image: str
    provider: "ContainerProvider | None"
    ready_timeout_s: float

    def launch(self, start: dict[str, Any]) -> ContainerLaunch:
        provider = self.provider
        if provider is None:
            from ..core.containers.runtime import LocalDockerProvider

            provider = LocalDockerProvider()
        return ContainerLaunch(provider, self.image, self.ready_timeout_s, **start)


def client_at(
    client: type[EnvClient[Any, Any, Any]],
    base_url: str,
    container: Container | None,
    start: dict[str, Any],
    options: dict[str, Any],
    *,
    stands_in: bool,
) -> EnvClient[Any, Any, Any]:
    """A client of the server at ``base_url``.

    Args:
        container: started where there is no server, if the URL is this machine's.
        start: arguments of its start.
        options: of the client.
        stands_in: start it wherever the server is.

    Raises:
        ValueError: if arguments contradict each other.
        TypeError: if there are some that nothing will use.
    """
    port = None if stands_in else local_port(base_url)
    advice = ""
    if port is not None:
        if start.setdefault("port", port) != port:
            raise ValueError(f"port {start['port']} contradicts base_url {base_url!r}: leave it out")
        advice = "" if container is not None else "; with docker_image a container is started there"
    elif not stands_in:
        container = None
        unknown = sorted(start.keys() - {"env_vars"})
        if unknown:
            raise TypeError(
                f"{', '.join(unknown)}: no argument of a client, and no container is started for a remote URL"
            )
    launch = UrlOrContainer(
        base_url,
        checked_headers(options.get("headers"), options.get("token")),
        options.get("connect_timeout_s", DEFAULT_PROBE_S),
        None if container is None else partial(container.launch, start),
        stands_in=stands_in,
        advice=advice,
    )
    return client._launch_client(launch, options)
