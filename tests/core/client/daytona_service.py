"""A server on the loopback address that speaks the part of Daytona's REST interface which Daytona's library uses here.

Its sandboxes are directories of this machine, and what is run in them really runs, as a process of this machine. A
sandbox has its own port 8000: here the service puts a free one in its place.
"""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.parse
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from openenv.core.containers.runtime.ports import free_port

Json = dict[str, Any]


@dataclass
class Sandbox:
    directory: Path
    request: Json
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    port: int = field(default_factory=free_port)
    # What each look at it finds; the last stays.
    states: list[str] = field(default_factory=lambda: ["started"])
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def run(self, command: str, **kwargs: Any) -> subprocess.Popen[bytes]:
        binaries = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
        return subprocess.Popen(
            command.replace("--port 8000", f"--port {self.port}"),
            shell=True,
            cwd=self.directory,
            env={**os.environ, "PATH": binaries, **self.request["env"]},
            start_new_session=True,
            **kwargs,
        )

    def end(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


class DaytonaService:
    """The service. ``files`` is what a new sandbox holds; ``refuse`` has error replies by method and path."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.files: dict[str, str] = {}
        self.states = ["started"]
        self.refuse: dict[str, tuple[int, str]] = {}
        self.requests: list[tuple[str, str, Json]] = []
        self.keys: set[str | None] = set()
        self.created: list[Sandbox] = []
        self.sandboxes: dict[str, Sandbox] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/api"

    @property
    def _toolbox(self) -> str:
        return self.url.replace("/api", "/toolbox")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        for sandbox in self.sandboxes.values():
            sandbox.end()

    def asked(self, method: str, pattern: str) -> list[Json]:
        """The bodies, or else the queries, of the requests to a path."""
        return [body for verb, path, body in self.requests if verb == method and re.fullmatch(pattern, path)]

    def answer(self, method: str, path: str, body: Json) -> tuple[int, Json | str]:
        for route, reply in self.refuse.items():
            verb, pattern = route.split(" ", 1)
            if verb == method and re.fullmatch(pattern, path):
                return reply[0], {"statusCode": reply[0], "message": reply[1]}
        if (method, path) == ("POST", "/api/sandbox"):
            return 200, self._described(self._create(body))
        found = re.fullmatch(r"/(?:api/sandbox|toolbox)/([^/]+)(/.*)?", path)
        sandbox = next((s for s in self.sandboxes.values() if found and found[1] in (s.id, s.request["name"])), None)
        if found is None or sandbox is None:
            return 404, {"statusCode": 404, "message": "not found"}
        return self._of_sandbox(sandbox, method, found[2] or "", body)

    def _create(self, body: Json) -> Sandbox:
        directory = self.directory / uuid.uuid4().hex
        for name, text in self.files.items():
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            (directory / name).write_text(text)
        directory.mkdir(exist_ok=True)
        sandbox = Sandbox(directory, body, states=list(self.states))
        self.created.append(sandbox)
        self.sandboxes[sandbox.id] = sandbox
        return sandbox

    def _described(self, sandbox: Sandbox) -> Json:
        state = sandbox.states.pop(0) if len(sandbox.states) > 1 else sandbox.states[0]
        fixed = {"organizationId": "o", "user": "daytona", "networkBlockAll": False, "kvm": False, "target": "us"}
        sizes = {"cpu": 1, "gpu": 0, "memory": 1, "disk": 3}
        own = {key: sandbox.request[key] for key in ("name", "env", "public")}
        own["labels"] = sandbox.request.get("labels") or {}
        reason = "out of luck" if state == "error" else None
        return {**fixed, **sizes, **own, "id": sandbox.id, "state": state, "toolboxProxyUrl": self._toolbox,
                "errorReason": reason}  # fmt: skip

    def _of_sandbox(self, sandbox: Sandbox, method: str, rest: str, body: Json) -> tuple[int, Json | str]:
        preview = {"sandboxId": sandbox.id, "port": 8000, "token": "t", "url": f"http://127.0.0.1:{sandbox.port}/"}
        log = sandbox.directory / "server.log"
        match method, rest:
            case "GET", "":
                return 200, self._described(sandbox)
            case "DELETE", "":
                sandbox.end()
                return 200, self._described(self.sandboxes.pop(sandbox.id))
            case "GET", "/toolbox-proxy-url":
                return 200, {"url": self._toolbox}
            case "GET", "/build-logs-url":
                return 200, {"url": f"{self.url}/sandbox/{sandbox.id}/build-logs"}
            case "GET", "/build-logs":
                return 200, "Step 1 : FROM play\n"
            case "GET", "/ports/8000/signed-preview-url" | "/ports/8000/preview-url":
                return 200, preview
            case "POST", "/process/execute":
                process = sandbox.run(body["command"], stdout=subprocess.PIPE)
                output = process.communicate()[0].decode()
                return 200, {"exitCode": process.returncode, "result": output}
            case "POST", "/process/session":
                return 201, {}
            case "POST", "/process/session/openenv-server/exec":
                with open(log, "wb") as file:
                    sandbox.processes.append(sandbox.run(body["command"], stdout=file, stderr=file))
                return 202, {"cmdId": "c1"}
            case "GET", "/process/session/openenv-server/command/c1":
                return 200, {"id": "c1", "command": "", "exitCode": sandbox.processes[0].poll()}
            case "GET", "/process/session/openenv-server/command/c1/logs":
                return 200, {"output": log.read_text(), "stdout": "", "stderr": ""}
        return 404, {"statusCode": 404, "message": f"no {method} {rest}"}


def _handler(service: DaytonaService) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            parts = urllib.parse.urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else dict(urllib.parse.parse_qsl(parts.query))
            if "socket.io" not in parts.path:  # events are optional: the library then asks again and again
                service.requests.append((self.command, parts.path, body))
                service.keys.add(self.headers.get("Authorization"))
            status, reply = service.answer(self.command, parts.path, body)
            content = reply.encode() if isinstance(reply, str) else json.dumps(reply).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain" if isinstance(reply, str) else "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = _serve

        def log_message(self, *_: object) -> None:
            return

    return Handler
