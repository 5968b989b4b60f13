"""Ways to get a client together with the server it plays. Light to import."""

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from ..utils import hf_space_subdomain
from .arguments import split_arguments
from .launch import READY_TIMEOUT_S, ContainerLaunch, Launch, RuntimeLaunch

if TYPE_CHECKING:
    from typing import Self

    from ..containers.runtime import ContainerProvider, RuntimeProvider


class ClientFactories:
    """The ``from_...`` class methods of a client.

    They block until the client's session is open. Where an event loop runs in the calling thread, they return at
    once: ``await`` the client, or use it, and its first call waits. If something fails, nothing is left running.
    """

    @classmethod
    def _launch_client(cls, launch: Launch, options: dict[str, Any]) -> "Self":
        """A client of this class that runs its own server, on its way."""
        raise NotImplementedError

    @classmethod
    def from_docker_image(
        cls,
        image: str,
        provider: "ContainerProvider | None" = None,
        *,
        ready_timeout_s: float = READY_TIMEOUT_S,
        **kwargs: Any,
    ) -> "Self":
        """A client of a server in a container of its own; ``close()`` stops and removes the container.

        Args:
            image: name of the image.
            provider: runs the container; default :class:`LocalDockerProvider`.
            ready_timeout_s: how long the server may take until it is healthy, in seconds.
            **kwargs: arguments of the client; the rest (``port``, ``env_vars``, ...) goes to
                ``provider.start_container``.

        Raises:
            RuntimeError: if there is no Docker, or the container does not start.
            TimeoutError: if the server does not become healthy in time.
        """
        if provider is None:
            from ..containers.runtime import LocalDockerProvider

            provider = LocalDockerProvider()
        options, rest = split_arguments(kwargs)
        return cls._launch_client(ContainerLaunch(provider, image, ready_timeout_s, **rest), options)

    @classmethod
    def from_env(
        cls,
        repo_id: str,
        *,
        use_docker: bool = True,
        provider: "ContainerProvider | RuntimeProvider | None" = None,
        ready_timeout_s: float | None = None,
        **provider_kwargs: Any,
    ) -> "Self":
        """A client of a Hugging Face Space's environment, run on this machine.

        Args:
            repo_id: ``"<owner>/<space>"``.
            use_docker: run the Space's image; otherwise run its source with ``uv``.
            provider: runs the server; default :class:`LocalDockerProvider` or :class:`UVProvider`.
            ready_timeout_s: how long the server may take until it is healthy, in seconds; default 30 for containers,
                the provider's own for ``uv``.
            **provider_kwargs: ``tag`` of the image, or ``project_path`` instead of the Space's source; arguments of
                the client; ``port``, ``env_vars``, ``workers`` for the start; the rest for :class:`UVProvider`.

        Raises:
            ValueError: if ``repo_id`` is malformed, or arguments contradict each other.
            RuntimeError, TimeoutError: as :meth:`from_docker_image`.
        """
        subdomain = hf_space_subdomain(repo_id)
        if not use_docker:
            return cls._from_uv(repo_id, cast("RuntimeProvider | None", provider), ready_timeout_s, provider_kwargs)
        if "project_path" in provider_kwargs:
            raise ValueError("project_path needs use_docker=False: an image holds its own project")
        if provider is not None and not hasattr(provider, "start_container"):
            raise ValueError(f"{type(provider).__name__} runs no containers: give use_docker=False with it")
        image = f"registry.hf.space/{subdomain}:{provider_kwargs.pop('tag', 'latest')}"
        return cls.from_docker_image(
            image,
            cast("ContainerProvider | None", provider),
            ready_timeout_s=READY_TIMEOUT_S if ready_timeout_s is None else ready_timeout_s,
            **provider_kwargs,
        )

    @classmethod
    def from_hub(cls, repo_id: str, **arguments: Any) -> "Self":
        """Another name for :meth:`from_env`."""
        return cls.from_env(repo_id, **arguments)

    @classmethod
    def _from_uv(
        cls,
        repo_id: str,
        provider: "RuntimeProvider | None",
        ready_timeout_s: float | None,
        arguments: dict[str, Any],
    ) -> "Self":
        if "tag" in arguments:
            raise ValueError("tag needs use_docker=True: only images have tags")
        options, rest = split_arguments(arguments)
        start = {name: rest.pop(name) for name in ("port", "env_vars", "workers") if name in rest}
        if provider is None:
            from ..containers.runtime import UVProvider

            project = rest.pop("project_path", f"git+https://huggingface.co/spaces/{repo_id}")
            provider = UVProvider(project_path=project, **rest)
        elif rest:
            raise ValueError(f"{', '.join(sorted(rest))}: give these to the provider itself, not beside it")
        if ready_timeout_s is None:
            ready_timeout_s = getattr(provider, "context_timeout_s", READY_TIMEOUT_S)
        return cls._launch_client(RuntimeLaunch(provider, ready_timeout_s, **start), options)

    @classmethod
    def from_process(
        cls,
        target: "str | os.PathLike[str] | type",
        *,
        action_cls: type | None = None,
        observation_cls: type | None = None,
        state_cls: type | None = None,
        env_vars: Mapping[str, str] | None = None,
        ready_timeout_s: float = READY_TIMEOUT_S,
        **kwargs: Any,
    ) -> "Self":
        """A client of a server in a child process, which ends with ``close()``, and with this process in any case.

        Args:
            target: an environment's directory (with ``openenv.yaml``), an app as ``"module:attribute"``, or an
                environment class that can be imported by name.
            action_cls, observation_cls, state_cls: models of a class target; default: those of its type arguments
                or annotations.
            env_vars: set for the child besides this process's own variables.
            ready_timeout_s: how long the server may take until it serves, in seconds.
            **kwargs: arguments of the client.

        Raises:
            ValueError: if ``target`` is none of these.
            ServerStartError: if the server ends before it serves; the message has its output.
            TimeoutError: if it does not serve in time.
        """
        from ..containers.runtime.process_provider import ProcessProvider

        provider = ProcessProvider.for_target(
            target,
            env_vars=env_vars,
            ready_timeout_s=ready_timeout_s,
            action_cls=action_cls,
            observation_cls=observation_cls,
            state_cls=state_cls,
        )
        return cls._launch_client(RuntimeLaunch(provider, ready_timeout_s), kwargs)

    @classmethod
    def local(
        cls,
        env: Callable[[], Any],
        action_cls: type | None = None,
        observation_cls: type | None = None,
        state_cls: type | None = None,
        *,
        settings: Any = None,
        **kwargs: Any,
    ) -> "Self":
        """A client of an environment in this process, without a server: same checks, same JSON, same errors.

        Args:
            env: the environment's class, or a function that makes one environment per session.
            action_cls, observation_cls, state_cls: its models; default: those of its type arguments or annotations.
            settings: a :class:`ServerSettings`; default from ``OPENENV_*`` variables.
            **kwargs: arguments of the client.

        Raises:
            ServerError: if the environment cannot be made.
        """
        from .local_launch import LocalLaunch

        return cls._launch_client(LocalLaunch(env, action_cls, observation_cls, state_cls, settings), kwargs)
