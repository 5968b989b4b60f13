"""Sandboxes of the Daytona service."""

import os
import uuid
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final

from ...errors import ServerStartError
from .base import ContainerProvider
from .dockerfile import Dockerfile, strip_buildkit_syntax
from .health import wait_for_health, with_output
from .sandbox_command import server_command

_PORT: Final = 8000
_SNAPSHOT: Final = "snapshot:"
_SESSION: Final = "openenv-server"
_PREVIEW_S: Final = 24 * 60 * 60


class DaytonaProvider(ContainerProvider):
    """Runs the server in a sandbox of Daytona (``pip install "openenv[daytona]"``).

    It is tested with Daytona's own library against a server that speaks the part of Daytona's interface used here, but
    not against the live service.

    The sandbox is deleted by :meth:`stop_container`, when it fails to start, and by Daytona itself when nobody has
    used it for ``auto_stop_interval`` minutes, so that none outlives a process that died.

    Args:
        image: what :meth:`start_container` runs if it is given none.
        env_vars: set in every sandbox.
        api_key: default: the variable ``DAYTONA_API_KEY``.
        public: give the server a URL that is open to everybody and stays. Otherwise its URL holds a secret, and is
            valid for a day: see :meth:`refresh_preview_url`.
        resources: of the sandbox, a ``daytona.Resources``; a snapshot has its own.
        auto_stop_interval: minutes without use after which the sandbox ends; 0 for never.
        target: Daytona's region.
        on_snapshot_create_logs: called with each line while an image is built.
        cmd: the shell command that starts the server on port 8000; default: uvicorn with the ``app`` of the
            ``openenv.yaml`` in the sandbox.
        create_timeout: how long a sandbox may take to start, in seconds; 0 for no limit.

    Raises:
        ImportError: if the library ``daytona`` is not installed.
    """

    def __init__(
        self,
        *,
        image: str | None = None,
        env_vars: Mapping[str, str] | None = None,
        api_key: str | None = None,
        public: bool = False,
        resources: Any = None,
        auto_stop_interval: int = 15,
        target: str | None = None,
        on_snapshot_create_logs: Callable[[str], None] | None = None,
        cmd: str | None = None,
        create_timeout: float = 300,
    ) -> None:
        try:
            self._sdk = import_module("daytona")
        except ImportError as error:
            message = "daytona is not installed: pip install 'openenv[daytona]'"
            raise ImportError(message, name="daytona") from error
        self._image = image
        self._env_vars = dict(env_vars or {})
        self._api_key = api_key
        self._public = public
        self._resources = resources
        self._auto_stop_interval = auto_stop_interval
        self._target = target
        self._on_snapshot_create_logs = on_snapshot_create_logs
        self._cmd = cmd
        self._create_timeout = create_timeout
        self._client: Any = None
        self._name: str | None = None
        self._sandbox: Any = None
        self._command_id = ""

    @staticmethod
    def image_from_dockerfile(path: str | os.PathLike[str], context_dir: str | os.PathLike[str] | None = None) -> str:
        """What to give as an image to have Daytona build it from a Dockerfile.

        What the Dockerfile copies is uploaded as it is: Daytona's library reads no ``.dockerignore``.

        Args:
            path: of the Dockerfile. :func:`strip_buildkit_syntax` is applied to it.
            context_dir: that its ``COPY`` paths start from; default: its own directory.

        Raises:
            FileNotFoundError: if there is no such file.
            NotADirectoryError: if ``context_dir`` is no directory.
        """
        return Dockerfile.at(path, context_dir).token

    strip_buildkit_syntax = staticmethod(strip_buildkit_syntax)

    def start_container(
        self, image: str | None = None, port: int | None = None, env_vars: dict[str, str] | None = None, **kwargs: Any
    ) -> str:
        """Create a sandbox, start the server in it, and return the server's URL.

        Args:
            image: of a registry, ``snapshot:<name>``, or what :meth:`image_from_dockerfile` returns.
            port: 8000 or None.
            env_vars: set in the sandbox, too.
            **kwargs: ignored.

        Raises:
            ValueError: for another port, without an image, or for ``resources`` with a snapshot.
            RuntimeError: if a sandbox of this provider runs already, or none can be started; then none is left.
        """
        if port not in (None, _PORT):
            raise ValueError(f"a Daytona sandbox serves on port {_PORT} only, not on {port}")
        image = image or self._image
        if not image:
            raise ValueError("there is no image: give one to start_container() or to the provider")
        if self._name is not None:
            raise RuntimeError(f"sandbox {self._name} runs already: stop_container() first")
        name = f"openenv-{uuid.uuid4().hex}"
        request = self._request(image, name=name, env_vars={**self._env_vars, **(env_vars or {})})
        try:
            self._client = self._sdk.Daytona(self._sdk.DaytonaConfig(api_key=self._api_key, target=self._target))
            # From here on there may be a sandbox of that name, even if Daytona says otherwise.
            self._name = name
            self._sandbox = self._client.create(
                request, timeout=self._create_timeout, on_snapshot_create_logs=self._on_snapshot_create_logs
            )
            self._start_server()
            return self.refresh_preview_url()
        except BaseException as error:
            try:
                self.stop_container()
            except ServerStartError as left:
                error.add_note(str(left))
                self._forget()
            if isinstance(error, self._sdk.DaytonaError):
                raise ServerStartError(f"Daytona could not start {image!r}: {error}") from error
            raise

    def _request(self, image: str, **common: Any) -> Any:
        """What the sandbox is made from, as Daytona's library has it."""
        common |= {"public": self._public, "auto_stop_interval": self._auto_stop_interval, "ephemeral": True}
        if image.startswith(_SNAPSHOT):
            if self._resources is not None:
                raise ValueError("a snapshot has its own resources: give resources with an image only")
            return self._sdk.CreateSandboxFromSnapshotParams(snapshot=image.removeprefix(_SNAPSHOT), **common)
        dockerfile = Dockerfile.of_token(image)
        built: Any = image
        if dockerfile is not None:
            lines = strip_buildkit_syntax(dockerfile.path.read_text(encoding="utf-8")).splitlines()
            # The library's own Image.from_dockerfile() knows no other context than the Dockerfile's directory.
            context = os.path.join(dockerfile.context_dir, "")
            built = self._sdk.Image().dockerfile_commands(lines, context_dir=context)
        return self._sdk.CreateSandboxFromImageParams(image=built, resources=self._resources, **common)

    def _start_server(self) -> None:
        process = self._sandbox.process
        command = self._cmd or server_command(lambda command: process.exec(command).result, _PORT)
        process.create_session(_SESSION)
        request = self._sdk.SessionExecuteRequest(command=command, run_async=True)
        self._command_id = process.execute_session_command(_SESSION, request).cmd_id

    def refresh_preview_url(self) -> str:
        """A new URL of the server, valid for a day from now; a public sandbox's stays the same.

        A client keeps the URL it was made with: make a new one, with ``base_url``, to go on after that day.

        Raises:
            RuntimeError: if no sandbox runs, or Daytona gives no URL.
        """
        if self._sandbox is None:
            raise ServerStartError("no sandbox runs: start_container() first")
        try:
            if self._public:
                link = self._sandbox.get_preview_link(_PORT)
            else:
                link = self._sandbox.create_signed_preview_url(_PORT, expires_in_seconds=_PREVIEW_S)
        except self._sdk.DaytonaError as error:
            raise ServerStartError(f"Daytona gives no URL: {error}") from error
        url: str = link.url
        return url.rstrip("/")

    def stop_container(self) -> None:
        """Delete the sandbox; idempotent.

        Raises:
            RuntimeError: if Daytona does not delete it; it may be tried again.
        """
        if self._name is None:
            return
        try:
            sandbox = self._sandbox if self._sandbox is not None else self._client.get(self._name)
            sandbox.delete()
        except self._sdk.DaytonaNotFoundError:
            pass  # it is gone already
        except self._sdk.DaytonaError as error:
            raise ServerStartError(f"sandbox {self._name} could not be deleted: {error}") from error
        self._forget()

    def _forget(self) -> None:
        self._name = self._sandbox = self._client = None

    def wait_for_ready(self, base_url: str, timeout_s: float = 30.0) -> None:
        """Wait until the server is healthy.

        Raises:
            TimeoutError: if it is not within ``timeout_s`` seconds; the message has what it wrote.
            ServerStartError: if it has ended.
        """
        wait_for_health(base_url, timeout_s, ended=self._obituary, tail=self._tail)

    def _obituary(self) -> str | None:
        if self._sandbox is None:
            return "the sandbox was deleted"
        try:
            code = self._sandbox.process.get_session_command(_SESSION, self._command_id).exit_code
        except self._sdk.DaytonaError:
            return None  # it is not known to have ended
        if code is None:
            return None
        return f"the server in sandbox {self._name} ended with exit code {code}{with_output(self._tail())}"

    def _tail(self) -> str:
        try:
            logs = self._sandbox.process.get_session_command_logs(_SESSION, self._command_id)
        except self._sdk.DaytonaError:
            return ""
        return logs.output or f"{logs.stdout or ''}{logs.stderr or ''}"


__all__ = ["DaytonaProvider", "strip_buildkit_syntax"]
