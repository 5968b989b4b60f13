"""Publishing a collection: with the real library where it is installed (it is no part of the development extras),
against a server on this machine that speaks as much of the Hub's API as an upload of small files needs."""

import base64
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from openenv.core.harness.collect import push_to_hf_hub
from tests.core.harness.conftest import ROOT

RESULTS, METADATA = '{"episode_id": "ep-000000"}\n', '{"model": "m"}\n'


class Hub:
    """Takes everything, and keeps it."""

    def __init__(self) -> None:
        self.repository: dict[str, Any] = {}
        self.tokens: set[str | None] = set()
        self.commit: list[dict[str, Any]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(404, {})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path == "/api/repos/create":
                    outer.repository = json.loads(body)
                    outer.tokens.add(self.headers["Authorization"])
                    self._answer(200, {"url": f"{outer.url}/datasets/me/data"})
                elif self.path == "/api/datasets/me/data/preupload/main":
                    files = [
                        {**file, "uploadMode": "regular", "shouldIgnore": False} for file in json.loads(body)["files"]
                    ]
                    self._answer(200, {"files": files})
                elif self.path == "/api/datasets/me/data/commit/main":
                    outer.commit = [json.loads(line) for line in body.splitlines()]
                    outer.tokens.add(self.headers["Authorization"])
                    url = f"{outer.url}/datasets/me/data/commit/abc"
                    self._answer(200, {"commitUrl": url, "commitOid": "abc", "pullRequestUrl": None})
                else:
                    self._answer(404, {})

            def _answer(self, status: int, body: dict[str, Any]) -> None:
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args: Any) -> None:
                """Keep the test output clean."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def files(self) -> dict[str, str]:
        """What was committed, by path."""
        added = [line["value"] for line in self.commit if line["key"] == "file"]
        return {file["path"]: base64.b64decode(file["content"]).decode() for file in added}

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = Hub()
    yield hub
    hub.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "results.jsonl").write_text(RESULTS)
    (tmp_path / "metadata.json").write_text(METADATA)
    return tmp_path


@pytest.mark.skipif(find_spec("huggingface_hub") is None, reason="the extra openenv[hub] is not installed")
def test_episodes_and_metadata_are_published_and_nothing_else(hub: Hub, folder: Path) -> None:
    (folder / "results.1.bak.jsonl").write_text("old\n")
    (folder / "notes.txt").write_text("private\n")
    # In a process of its own: the library reads where the Hub is when it is imported.
    code = (
        "import sys; from openenv.core.harness.collect import push_to_hf_hub as push\n"
        "print(push(sys.argv[1], 'me/data', private=True, commit_message='First', token='hf_x'))"
    )
    home = {"HF_ENDPOINT": hub.url, "HF_HOME": str(folder / "home"), "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], env=home, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{hub.url}/datasets/me/data\n"
    assert hub.files == {"results.jsonl": RESULTS, "metadata.json": METADATA}
    assert hub.commit[0]["value"]["summary"] == "First"
    assert (hub.repository["type"], hub.repository["name"], hub.repository["organization"]) == ("dataset", "data", "me")
    assert hub.repository.get("visibility") == "private" or hub.repository["private"] is True  # by the library's age
    assert hub.tokens == {"Bearer hf_x"}


def test_there_must_be_episodes(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"results.jsonl does not exist: collect episodes first"):
        push_to_hf_hub(tmp_path, "me/data")


def test_without_the_library_it_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)  # what an import finds where there is none
    with pytest.raises(ImportError, match=r"openenv\[hub\]") as caught:
        push_to_hf_hub(folder, "me/data")
    assert caught.value.name == "huggingface_hub"
