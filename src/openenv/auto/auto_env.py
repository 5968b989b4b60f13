"""Clients of environments by name."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn, TypedDict

from ..core.client.arguments import check_positive, split_arguments
from ..core.env_client import EnvClient
from ..core.generic_client import GenericEnvClient

if TYPE_CHECKING:
    from ..core.containers.runtime import ContainerProvider
    from .discovery import InstalledEnvironment

AnyClient = EnvClient[Any, Any, Any]


class EnvInfo(TypedDict):
    """What :meth:`AutoEnv.get_env_info` tells."""

    env_key: str
    name: str
    package: str
    version: str
    description: str
    module: str
    env_class: str
    action_class: str
    observation_class: str
    default_image: str
    spec_version: int


class AutoEnv:
    """Gives the client of an environment by its name; never constructed.

    A name is a package's (``echo``, ``echo-env`` and ``echo_env`` are the same) or a Hugging Face Space's:
    ``owner/space`` or its URL.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("AutoEnv is not constructed: use AutoEnv.from_env(name)")

    @classmethod
    def from_env(
        cls,
        name: str,
        base_url: str | None = None,
        docker_image: str | None = None,
        container_provider: "ContainerProvider | None" = None,
        wait_timeout: float = 30.0,
        env_vars: Mapping[str, str] | None = None,
        trust_remote_code: bool = False,
        skip_install: bool = False,
        **kwargs: Any,
    ) -> AnyClient:
        """A client of the environment ``name``, of the package's own class.

        Blocks until its session is open. Where an event loop runs in the calling thread it returns at once: ``await``
        the client, or use it; but installing a Space's package blocks there as well.

        The server is the one at ``base_url``; if nothing answers there and the URL is this machine's, a container is
        started on its port. Without ``base_url`` it is a container, or, for a Space, the Space itself if it is
        running. ``close()`` stops a container, and nothing else.

        Args:
            name: of a package or a Space.
            base_url: of a running server.
            docker_image: image of the container; default ``<name>:latest``, or the Space's image.
            container_provider: runs the container; default :class:`LocalDockerProvider`.
            wait_timeout: how long the container's server may take until it is healthy, in seconds.
            env_vars: set in the container, if one is started.
            trust_remote_code: install a Space's package without asking. It runs its owner's code on this machine.
            skip_install: use :class:`GenericEnvClient`, and neither install nor import a package.
            **kwargs: arguments of the client; the rest (``port``, ...) goes to the provider.

        Raises:
            UnknownEnvironmentError: if no package has the name; the message has those that look like it.
            RemoteCodeError, InstallError: if a Space's package may not or cannot be installed.
            ServerDownError: if no healthy server answers at ``base_url`` (a ``ConnectionError`` and ``ValueError``).
            RuntimeError, TimeoutError: if the container does not start, or its server is not healthy in time.
        """
        from .connect import Container, client_at
        from .names import hub_id, is_hub_id, space_image, space_url
        from .resolve import checked_name, find, find_or_install

        check_positive(wait_timeout=wait_timeout)
        options, start = split_arguments(kwargs)
        if env_vars is not None:
            start["env_vars"] = dict(env_vars)
        environment: InstalledEnvironment | None
        if skip_install:
            space = is_hub_id(checked_name(name))
            environment = None if space else find(name)
            client: type[AnyClient] = GenericEnvClient
        else:
            environment = find_or_install(name, trust_remote_code=trust_remote_code)
            client = _client_class(environment)
            space = is_hub_id(name)
        asks_space = space and base_url is None and docker_image is None
        if docker_image is None and space:
            docker_image = space_image(hub_id(name))
        elif docker_image is None and environment is not None:
            docker_image = environment.default_image
        if asks_space:
            base_url = space_url(hub_id(name))
        if base_url is None:
            if docker_image is None:
                raise ValueError(f"{name!r} is not installed: skip_install=True needs base_url or docker_image then")
            return client.from_docker_image(
                docker_image, container_provider, ready_timeout_s=wait_timeout, **start, **options
            )
        container = None if docker_image is None else Container(docker_image, container_provider, wait_timeout)
        return client_at(client, base_url, container, start, options, stands_in=asks_space)

    from_hub = from_env

    @classmethod
    def get_env_class(cls, name: str) -> type[AnyClient]:
        """The class of the environment's client; a Space's package is installed first, as :meth:`from_env` does."""
        from .resolve import find_or_install

        return _client_class(find_or_install(name))

    @classmethod
    def get_env_info(cls, name: str) -> EnvInfo:
        """What is known of an installed environment. Its package is not imported.

        Raises:
            UnknownEnvironmentError: if it is not installed.
        """
        from .resolve import find_installed

        return env_info(find_installed(name))

    @classmethod
    def list_environments(cls) -> dict[str, EnvInfo]:
        """Print the installed environments, and return them by their short names. None of them is imported."""
        from .discovery import by_key
        from .listing import print_environments

        environments = by_key()
        print_environments(
            "Environments",
            ("name", "version", "client", "image", "description"),
            [
                (key, e.version, e.client_class, e.default_image, e.problem or e.description)
                for key, e in environments.items()
            ],
        )
        return {key: env_info(environment) for key, environment in environments.items()}


def _client_class(environment: "InstalledEnvironment") -> type[AnyClient]:
    from .classes import client_class

    return client_class(environment)


def env_info(environment: "InstalledEnvironment") -> EnvInfo:
    """An installed environment in the form that :class:`AutoEnv` tells it."""
    return EnvInfo(
        env_key=environment.key,
        name=environment.name,
        package=environment.distribution,
        version=environment.version,
        description=environment.description,
        module=environment.module,
        env_class=environment.client_class,
        action_class=environment.action_class,
        observation_class=environment.observation_class,
        default_image=environment.default_image,
        spec_version=environment.spec_version,
    )
