"""Servers in processes of their own, and what the tests ask them beside the protocol."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import httpx

from tests.core.server.peers import PATIENCE_S, Peer, eventually

ROOT = Path(__file__).resolve().parents[3]

# With options of uvicorn, which the command-line form does not take.
_WITH_OPTIONS = """
import json, os, sys
from openenv.core.env_server.run import run_server
app, ready, options = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
def announce(url):
    with os.fdopen(ready, "w") as file:
        file.write(url)
run_server(app, port=0, on_ready=announce, **options)
"""


def environment(**variables: str) -> dict[str, str]:
    """This process's variables without what steers openenv, plus ``variables``."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("OPENENV_", "ENABLE_WEB", "ENV_README"))}
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1", **variables}


def client_of(url: str, headers: Sequence[tuple[bytes, bytes]] = ()) -> httpx.Client:
    """An HTTP client for a server on this machine."""
    # No certificates: reading those there are is most of what making a client takes.
    return httpx.Client(base_url=url, timeout=PATIENCE_S, headers=headers, trust_env=False, verify=False)


class Served:
    """An app of a running server.

    Attributes:
        url: where it is served, such as ``http://127.0.0.1:40123``.
        http: an HTTP client for it.
    """

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = url
        headers = [(b"Authorization", f"Bearer {token}".encode())] if token else []
        self.http = client_of(url, headers)

    def peer(self, path: str = "/ws", **options: Any) -> Peer:
        return Peer(self.url, path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        return self.http.post(path, json=body, **options)

    def rpc(self, method: str, request_id: Any = 1, headers: dict[str, str] | None = None, **params: Any) -> Any:
        """The JSON-RPC response of ``POST /mcp``."""
        body = {"jsonrpc": "2.0", "method": method, "id": request_id, "params": params}
        response = self.http.post("/mcp", json=body, headers=headers)
        assert response.status_code == 200, response.text
        return response.json()

    # What only tests ask

    @property
    def active(self) -> int:
        """Sessions that hold a slot."""
        return int(self.http.get("/control/sessions").json()["active"])

    def settle(self) -> None:
        """Wait until no session holds a slot."""
        eventually(lambda: self.active == 0)

    def until_lost(self, peer: Peer) -> None:
        """Wait until the server has noticed that the session of ``peer`` has no socket any more."""
        eventually(lambda: not self.http.get(f"/control/attached/{peer.session_id}").json())

    @property
    def in_flight(self) -> int:
        """HTTP requests that are being answered."""
        return int(self.http.get("/control/requests").json())

    @property
    def loop_thread(self) -> int:
        """The thread of the event loop."""
        return int(self.http.get("/control/loop").json())

    def open_gate(self, name: str) -> None:
        """Let calls pass that wait at the gate ``name``."""
        self.http.post(f"/control/gates/{name}")

    def wait_for_gate(self, name: str, calls: int = 1) -> None:
        """Wait until so many calls wait at the gate ``name``."""
        eventually(lambda: self.http.get(f"/control/gates/{name}").json() >= calls)

    def next(self, event: str, **script: Any) -> None:
        """What the next environment that is made does in its constructor (``create``) or in its ``close``."""
        self.http.post(f"/control/next/{event}", json=script)

    def journal(self, instance: int | None = None) -> list[dict[str, Any]]:
        """What was done, in order: ``{"event", "instance", "thread"}``."""
        entries: list[dict[str, Any]] = self.http.get("/control/journal").json()
        return [entry for entry in entries if instance is None or entry["instance"] == instance]

    def events(self, instance: int) -> list[str]:
        return [entry["event"] for entry in self.journal(instance)]

    def threads(self, instance: int) -> dict[str, set[int]]:
        """The threads on which each event of an instance took place."""
        threads: dict[str, set[int]] = {}
        for entry in self.journal(instance):
            threads.setdefault(entry["event"], set()).add(entry["thread"])
        return threads


class Server(Served):
    """A server in a process of its own."""

    def __init__(self, app: str, options: dict[str, Any] | None = None, **variables: str) -> None:
        ready, ready_write = os.pipe()
        self._parent, self._parent_write = os.pipe()
        self._log = tempfile.TemporaryFile("a+")  # noqa: SIM115 - closed by stop()
        target = f"tests.core.server.apps:{app}"
        if options is None:
            command = ["-m", "openenv.core.env_server.run", target]
            command += ["--port", "0", "--ready-fd", str(ready_write), "--parent-fd", str(self._parent)]
        else:
            command = ["-c", _WITH_OPTIONS, target, str(ready_write), json.dumps(options)]
        self.process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=environment(**variables),
            pass_fds=[ready_write, self._parent],
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a Ctrl-C at the tests is not one at the server
        )
        os.close(ready_write)
        with os.fdopen(ready) as pipe:
            url = pipe.read().strip()
        super().__init__(url, variables.get("OPENENV_TOKEN"))
        if not url:
            self.process.wait(PATIENCE_S)
            log = self.log
            self.stop()
            raise AssertionError(f"{app} did not start:\n{log}")

    @property
    def log(self) -> str:
        """What it has written so far."""
        self._log.seek(0)  # the server's own writes go to the end in any case
        return self._log.read()

    # How it ends

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def let_go(self) -> None:
        """What the death of its parent looks like to it."""
        os.close(self._parent_write)
        self._parent_write = -1

    def wait(self) -> int:
        return self.process.wait(PATIENCE_S)

    def stop(self) -> None:
        self.http.close()
        if self.process.poll() is None:
            self.process.kill()  # what a server does on SIGTERM is a test of its own; here it would only take time
        self.process.wait(PATIENCE_S)
        os.close(self._parent)
        if self._parent_write >= 0:
            os.close(self._parent_write)
        self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Servers:
    """Apps with their settings, all in one process; each is made when it is first asked for, and then shared."""

    def __init__(self) -> None:
        self._host: Server | None = None
        self._apps: dict[str, Served] = {}
        self._made: list[Served] = []

    def __call__(self, app: str, **settings: Any) -> Served:
        """``app`` with ``settings``, as arguments of ``create_app``."""
        key = json.dumps([app, settings], sort_keys=True)
        if key not in self._apps:
            self._apps[key] = self.fresh(app, **settings)
        return self._apps[key]

    def fresh(self, app: str, **settings: Any) -> Served:
        """As above, but made anew: for tests that change something for good."""
        self._host = self._host or Server("host")
        path = self._host.post(f"/make/{app}", settings)
        assert path.status_code == 200, self._host.log
        self._made.append(Served(self._host.url + path.json(), settings.get("token")))
        return self._made[-1]

    def stop(self) -> None:
        for app in self._made:
            app.http.close()
        if self._host is not None:
            self._host.stop()


@contextmanager
def shared_servers() -> Iterator[Servers]:
    servers = Servers()
    try:
        yield servers
    finally:
        servers.stop()
