"""Services of a Docker swarm."""

import re
import shlex
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from ...errors import ServerStartError
from .docker_command import CONTAINER_PORT, LOG_LINES, DockerCommandProvider, docker, now_ms, with_small_letters
from .health import with_output

_STOP_TIMEOUT_S: Final = 30.0  # Docker kills a container that does not end within 10 s
_LOGS_TIMEOUT_S: Final = 10.0
_LONGEST_STEM: Final = 40  # a service's name has 63 characters at most
_ENDED: Final = frozenset({"Complete", "Failed", "Rejected"})


class DockerSwarmProvider(DockerCommandProvider):
    """Runs the server's image as a service of a Docker swarm: replicas behind one published port.

    The swarm hands every new connection to the next replica, and replicas share nothing. So a session is safe on
    its WebSocket, which is one connection; but whatever comes back to a session by another connection may meet a
    replica that does not know it: a session that is reattached after its WebSocket broke (``SessionLostError``), and
    sessions of the HTTP routes and of ``/mcp``. Give ``replicas=1`` where you need these.

    :meth:`stop_container` removes the service, and the overlay network if this provider made it and no other service
    uses it. A swarm that this provider has initialised stays, since others may have come to use it;
    ``docker swarm leave --force`` ends it.

    Args:
        auto_init_swarm: make the engine a swarm of its own if it is in none. Such a swarm listens for further nodes
            on the loopback address only: initialise one yourself to have more nodes.
        overlay_network: name of an overlay network that the service joins; made if there is none of that name.

    Raises:
        RuntimeError: if there is no ``docker`` command, or its engine does not answer.
    """

    def __init__(self, *, auto_init_swarm: bool = True, overlay_network: str | None = None) -> None:
        super().__init__()
        self._auto_init_swarm = auto_init_swarm
        self._overlay_network = overlay_network
        self._made_network = False
        self._replicas = 0

    def start_container(
        self,
        image: str,
        port: int | None = None,
        env_vars: dict[str, str] | None = None,
        *,
        replicas: int = 2,
        cpu_limit: float | str | None = None,
        memory_limit: int | str | None = None,
        constraints: Sequence[str] | None = None,
        labels: Mapping[str, str] | None = None,
        command: str | Sequence[str] | None = None,
        **kwargs: Any,
    ) -> str:
        """Start a service of ``image``, whose servers listen on their port 8000.

        Args:
            image: ``repository[:tag]``. Capital letters of the repository are made small: Docker takes none.
            port: that the swarm publishes; None for one that is free on this machine.
            env_vars: set in every container.
            replicas: number of containers.
            cpu_limit: CPUs that each may use, such as ``1.5``.
            memory_limit: memory that each may use, in bytes or such as ``"512m"``.
            constraints: on the nodes, such as ``"node.role==worker"``.
            labels: of the service.
            command: runs instead of the image's own: words, or one string that is split as a shell does.
            **kwargs: refused.

        Raises:
            ValueError: for arguments that a service does not have.
            RuntimeError: if a service of this provider runs already, this engine is no manager of a swarm, or Docker
                cannot start the service.
        """
        if kwargs:
            raise ValueError(f"a swarm service takes no {', '.join(sorted(kwargs))}")
        if isinstance(replicas, bool) or not isinstance(replicas, int) or replicas < 1:
            raise ValueError(f"replicas must be a whole number from 1 on, not {replicas!r}")
        if self._name is not None:
            raise RuntimeError(f"service {self._name} runs already: stop_container() first")
        image = with_small_letters(image)
        options = {
            "--env": [f"{name}={value}" for name, value in (env_vars or {}).items()],
            "--limit-cpu": [] if cpu_limit is None else [str(cpu_limit)],
            "--limit-memory": [] if memory_limit is None else [str(memory_limit)],
            "--constraint": [constraints] if isinstance(constraints, str) else list(constraints or ()),
            "--label": [f"{name}={value}" for name, value in (labels or {}).items()],
            "--network": [] if self._overlay_network is None else [self._overlay_network],
        }
        words = shlex.split(command) if isinstance(command, str) else list(command or ())
        self._require_swarm()
        self._replicas = replicas
        try:
            self._require_network()
            return self._start(
                image,
                port,
                lambda: _service_name(image),
                lambda name, chosen: (
                    *("service", "create", "--detach", "--name", name, "--replicas", str(replicas)),
                    *("--publish", f"{chosen}:{CONTAINER_PORT}"),
                    *(part for option, values in options.items() for value in values for part in (option, value)),
                    *(image, *words),
                ),
            )
        except BaseException:
            self.stop_container()
            raise

    def _require_swarm(self) -> None:
        state = _swarm_state()
        if state == "inactive false" and self._auto_init_swarm:
            local = ("--advertise-addr", "127.0.0.1", "--listen-addr", "127.0.0.1:2377")
            try:
                docker("swarm", "init", *local, error="Docker could not initialise a swarm")
            except ServerStartError:
                if _swarm_state() != "active true":  # somebody else may have been faster
                    raise
        elif state == "inactive false":
            raise ServerStartError("this Docker engine is in no swarm: run 'docker swarm init' first")
        elif state != "active true":
            raise ServerStartError(f"this Docker engine manages no swarm that works (its state is {state.split()[0]})")

    def _require_network(self) -> None:
        network = self._overlay_network
        if network is None or docker("network", "inspect", network) is not None:
            return
        create = ("network", "create", "--driver", "overlay", "--attachable", network)
        try:
            docker(*create, error=f"Docker could not make the network {network!r}")
        except ServerStartError:
            if docker("network", "inspect", network) is None:  # somebody else may have been faster
                raise
        else:
            self._made_network = True

    def stop_container(self) -> None:
        """Remove the service, wait until its containers on this machine are gone, and remove its network."""
        super().stop_container()
        made, self._made_network = self._made_network, False
        if made and self._overlay_network is not None:
            _remove_network(self._overlay_network)

    def _remove(self, name: str) -> None:
        docker("service", "rm", name)
        deadline = time.monotonic() + _STOP_TIMEOUT_S
        containers = ("ps", "--all", "--quiet", "--filter", f"label=com.docker.swarm.service.name={name}")
        while docker(*containers) and time.monotonic() < deadline:
            time.sleep(0.1)

    def _tasks(self) -> list["_Task"] | None:
        """The service's tasks, the newest first; None if there is no such service."""
        listing = ("service", "ps", "--no-trunc", "--format", "{{.CurrentState}}\t{{.Error}}")
        output = docker(*listing, self._name or "")
        return None if output is None else [_Task.of(line) for line in output.splitlines()]

    def _obituary(self) -> str | None:
        if self._name is None:
            return "the service was stopped"
        tasks = self._tasks()
        if tasks is None:
            return None
        ended = [task for task in tasks if task.state in _ENDED]
        # The swarm replaces a task that ends, for ever. When every replica has ended once, it is of no use to wait.
        if len(ended) < self._replicas or any(task.state == "Running" for task in tasks):
            return None
        reason = next((task.error for task in ended if task.error), ended[0].state)
        return f"the replicas of service {self._name} end as soon as they start: {reason}{with_output(self._logs())}"

    def _tail(self) -> str:
        problems = [f"{task.state}: {task.error}\n" for task in self._tasks() or () if task.error]
        return "".join(dict.fromkeys(problems)) + self._logs()

    def _logs(self) -> str:
        command = ("service", "logs", "--raw", "--tail", str(LOG_LINES), self._name or "")
        return docker(*command, merge=True, timeout_s=_LOGS_TIMEOUT_S) or ""


class _Task(NamedTuple):
    """One container that a service had or has, or waits for."""

    state: str
    error: str

    @classmethod
    def of(cls, line: str) -> "_Task":
        """From ``Failed 5 seconds ago<TAB>"task: non-zero exit (1)"``."""
        since, _, error = line.partition("\t")
        return cls(since.split(" ", 1)[0], error.strip().strip('"'))


def _swarm_state() -> str:
    """The engine's state in a swarm, and whether it manages it."""
    state = docker("info", "--format", "{{.Swarm.LocalNodeState}} {{.Swarm.ControlAvailable}}", error="Docker failed")
    return state or "unknown false"


def _service_name(image: str) -> str:
    """A new name; a service's has letters, digits and hyphens only."""
    stem = re.sub(r"[^a-z0-9]+", "-", image.lower())[:_LONGEST_STEM].strip("-")
    return f"{stem}-{now_ms()}"


def _remove_network(network: str) -> None:
    """Remove the network, unless another service uses it."""
    deadline = time.monotonic() + _STOP_TIMEOUT_S
    while True:
        try:
            docker("network", "rm", network, error="Docker could not remove the network")
            return
        except ServerStartError as error:
            # The swarm may take a moment to see that the service's tasks are gone.
            if "in use by task" not in str(error) or time.monotonic() > deadline:
                return
        time.sleep(0.1)


__all__ = ["DockerSwarmProvider"]
