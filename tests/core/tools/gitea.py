"""A server of git repositories with the part of Gitea's API that is used: real git, over real HTTP, with passwords."""

import base64
import json
import os
import shutil
import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

USER = "agent"
PASSWORD = "s3cret p%ss'word"
MOST_PER_PAGE = 2
"""What the server gives at once, however many are asked for."""


def git(*arguments: str, cwd: Path) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *arguments], cwd=cwd, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def make_repository(root: Path, name: str) -> tuple[str, str]:
    """A repository with two commits on ``main``, a branch ``side`` and a tag ``v1``; the hashes of the two commits."""
    work = root / "work"
    work.mkdir(parents=True)
    git("init", "--quiet", "--initial-branch=main", cwd=work)
    (work / "a.txt").write_text("first\n")
    git("add", ".", cwd=work)
    git("commit", "--quiet", "-m", "first", cwd=work)
    git("tag", "v1", cwd=work)
    git("branch", "side", cwd=work)
    (work / "a.txt").write_text("second\n")
    git("commit", "--quiet", "-am", "second", cwd=work)
    bare = root / f"{name}.git"
    bare.parent.mkdir(parents=True, exist_ok=True)
    git("clone", "--quiet", "--bare", str(work), str(bare), cwd=root)
    git("config", "http.receivepack", "true", cwd=bare)
    hashes = git("rev-parse", "v1", cwd=work), git("rev-parse", "main", cwd=work)
    shutil.rmtree(work)
    return hashes


class Gitea:
    """Serves the bare repositories below ``root`` as ``/<owner>/<name>.git``."""

    def __init__(self, root: Path) -> None:
        root.mkdir(exist_ok=True)
        self.root = root
        self.api_status: int | None = None
        self.api_body: bytes | None = None
        self.requests: list[str] = []
        gitea = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                gitea.answer(self)

            def do_POST(self) -> None:
                gitea.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        self.requests.append(request.path)
        expected = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        length = int(request.headers.get("Content-Length") or 0)
        body = request.rfile.read(length)
        path = urlsplit(request.path)
        if self.api_status is not None and path.path.startswith("/api/"):
            _send(request, self.api_status, self.api_body or b"")
        elif path.path == "/api/v1/version":
            _send(request, 200, b'{"version": "1.22"}')
        elif request.headers.get("Authorization") != expected:
            _send(request, 401, b"{}", {"WWW-Authenticate": 'Basic realm="Gitea"'})
        elif path.path == "/api/v1/user/repos":
            _send(request, 200, json.dumps(self._page(parse_qs(path.query))).encode())
        else:
            self._git(request, path.path, path.query, body)

    def _page(self, query: dict[str, list[str]]) -> list[dict[str, object]]:
        page, limit = int(query["page"][0]), min(int(query["limit"][0]), MOST_PER_PAGE)
        found = sorted(self.root.glob("*/*.git"))[(page - 1) * limit : page * limit]
        return [
            {
                "id": 1,
                "name": path.stem,
                "full_name": f"{path.parent.name}/{path.stem}",
                "clone_url": f"https://elsewhere/{path.parent.name}/{path.name}",
                "description": None,
                "default_branch": "main",
            }
            for path in found
        ]

    def _git(self, request: BaseHTTPRequestHandler, path: str, query: str, body: bytes) -> None:
        variables = {
            **os.environ,
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": request.command,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
            "CONTENT_LENGTH": str(len(body)),
            "REMOTE_USER": USER,
        }
        done = subprocess.run(["git", "http-backend"], input=body, env=variables, capture_output=True)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
        status = int(headers.pop("Status", "200").split()[0])
        _send(request, status, content, headers)


def _send(request: BaseHTTPRequestHandler, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
    request.send_response(status)
    for name, value in {**(headers or {}), "Content-Length": str(len(content))}.items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(content)
