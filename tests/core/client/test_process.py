"""Servers as child processes: every kind of target, every kind of end."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from openenv.core.client.retry import RetryPolicy
from openenv.core.containers.runtime import ProcessProvider
from openenv.core.env_client import EnvClient
from openenv.core.errors import EnvTimeoutError, ServerStartError, SessionLostError
from openenv.core.generic_client import GenericEnvClient
from openenv.core.manifest import ManifestError
from tests.core.client.conftest import APP, ROOT
from tests.core.client.peers import wait_until
from tests.core.client.play_client import PlayClient, say
from tests.core.client.playground import PlayAction, Playground, PlayObservation, PlayState
from tests.core.client.scripts import run_script


def pid_of(client: EnvClient) -> int:  # type: ignore[type-arg]
    pid = client._launch._provider.pid  # type: ignore[union-attr]
    assert isinstance(pid, int)
    return pid


def is_gone(pid: int) -> bool:
    """Whether no process has this id, not even a zombie of ours."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def is_dead(pid: int) -> bool:
    """Whether the process has ended; somebody else's zombies count."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"


def test_an_app() -> None:
    with PlayClient.from_process(APP) as client:
        assert client.base_url.startswith("http://127.0.0.1:")
        assert client.reset(seed=2).observation.seed == 2
        pid = pid_of(client)
        assert not is_gone(pid)
        twin = client.new_session()
        assert twin.reset().observation.echoed == "ready"
    assert is_gone(pid)


def test_a_class() -> None:
    generic: Any = EnvClient.from_process(Playground)
    assert isinstance(generic, GenericEnvClient)
    with generic as client:
        assert client.reset().observation["echoed"] == "ready"
        assert client.step({"message": "a"}).observation["echoed"] == "a"
        assert client.state()["log"] == ["a"]
    with GenericEnvClient.from_process(
        Playground, action_cls=PlayAction, observation_cls=PlayObservation, state_cls=PlayState
    ) as client:
        assert client.reset().observation["echoed"] == "ready"


def test_an_environments_directory(tmp_path: Path) -> None:
    directory = tmp_path / "own_env"
    (directory / "server").mkdir(parents=True)
    (directory / "openenv.yaml").write_text("name: own_env\napp: server.app:app\n")
    (directory / "helper.py").write_text("NAME = 'helped'\n")
    (directory / "server" / "__init__.py").write_text("")
    (directory / "server" / "app.py").write_text(
        textwrap.dedent("""
        import os
        from helper import NAME
        from openenv.core.env_server import create_app
        from tests.core.client.playground import *

        class Own(Playground):
            def step(self, action):
                return PlayObservation(echoed=f"{NAME} {os.environ.get('OWN')} {os.path.basename(os.getcwd())}")

        app = create_app(Own, PlayAction, PlayObservation)
        """)
    )
    with GenericEnvClient.from_process(directory, env_vars={"OWN": "variable"}) as client:
        client.reset()
        assert client.step({}).observation["echoed"] == "helped variable own_env"


async def test_in_async_code() -> None:
    async with PlayClient.from_process(APP) as client:
        assert (await client.reset()).observation.echoed == "ready"
        pid = pid_of(client)
    assert is_gone(pid)
    client = await PlayClient.from_process(APP)
    pid = pid_of(client)
    await client.close()
    assert is_gone(pid)


async def test_synchronously_in_a_running_loop() -> None:
    client = PlayClient.from_process(APP)
    assert client.reset().observation.echoed == "ready"
    pid = pid_of(client)
    client.close()
    assert is_gone(pid)
    with PlayClient.from_process(APP).sync() as sync:
        assert sync.reset().observation.echoed == "ready"


class Local:
    class Nested(Playground):
        pass


def test_a_nested_class() -> None:
    # Importable by name: only this test module's own name matters.
    from openenv.core.containers.runtime.process_provider import import_name

    assert import_name(Local.Nested).endswith(":Local.Nested")


def test_wrong_targets(tmp_path: Path) -> None:
    class Inner(Playground):
        pass

    with pytest.raises(ValueError, match="cannot be imported by another process"):
        GenericEnvClient.from_process(Inner)
    with pytest.raises(ManifestError, match=r"openenv\.yaml"):
        GenericEnvClient.from_process(tmp_path)
    with pytest.raises(ValueError, match="neither an environment's directory"):
        GenericEnvClient.from_process(tmp_path / "missing")
    with pytest.raises(ValueError, match="class target"):
        GenericEnvClient.from_process(APP, action_cls=PlayAction)
    with pytest.raises(ValueError, match="module:attribute"):
        ProcessProvider("server.app")


def test_an_app_that_fails_to_start_shows_why(tmp_path: Path) -> None:
    for target, words in (
        ("no_such_module:app", "no_such_module"),
        (APP.replace(":app", ":nothing"), "nothing"),
    ):
        with pytest.raises(ServerStartError, match=words) as caught:
            GenericEnvClient.from_process(target)
        assert isinstance(caught.value, RuntimeError)
        assert "exit code" in str(caught.value)


async def test_an_app_that_fails_to_start_in_async_code() -> None:
    with pytest.raises(ServerStartError, match="no_such_module"):
        await GenericEnvClient.from_process("no_such_module:app")
    client = GenericEnvClient.from_process("no_such_module:app")
    with pytest.raises(ServerStartError):
        await client.reset()
    with pytest.raises(ServerStartError):
        await client.reset()
    await client.close()


def test_an_app_that_takes_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "slow_app.py").write_text(
        "import os, sys, time\nprint('still importing', os.getpid(), flush=True)\ntime.sleep(600)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    message = ""
    for timeout_s in (2, 8, 32):  # until the child gets as far as to say something
        with pytest.raises(EnvTimeoutError, match=f"did not serve within {timeout_s} s") as caught:
            GenericEnvClient.from_process("slow_app:app", ready_timeout_s=timeout_s)
        message = str(caught.value)
        if "still importing" in message:
            break
    assert is_gone(int(message.split("still importing ")[1].split()[0]))


def test_a_child_that_dies_is_told_with_its_last_words() -> None:
    client = PlayClient.from_process(APP, retry=RetryPolicy(connect_s=5, reattach_s=5))
    client.reset()
    with pytest.raises(SessionLostError, match="exit code 3"):
        client.step(say("exit"))
    with pytest.raises(ServerStartError, match="exit code 3"):
        client.reset()
    client.close()


def test_what_the_child_started_ends_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "family_app.py").write_text(
        textwrap.dedent("""
        import subprocess, sys
        from tests.core.client.playground_app import app
        grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])

        @app.get("/grandchild")
        def pid():
            return grandchild.pid
        """)
    )
    monkeypatch.syspath_prepend(tmp_path)
    import json
    import urllib.request

    with PlayClient.from_process("family_app:app") as client:
        with urllib.request.urlopen(client.base_url + "/grandchild") as response:
            grandchild = json.load(response)
        assert not is_dead(grandchild)
    wait_until(lambda: is_dead(grandchild))


SCRIPT = """
import os, signal, sys
from tests.core.client.play_client import PlayClient
client = PlayClient.from_process(sys.argv[1])
client.reset()
print(client._launch._provider.pid, flush=True)
"""


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
        ("pass", 0),
        ("del client; import gc; gc.collect()", 0),
    ],
)
def test_the_child_ends_with_its_parent(end: str, code: int) -> None:
    done = run_script(SCRIPT + end, APP)
    assert (done.returncode, done.stderr) == (code, "")
    child = int(done.stdout)
    wait_until(lambda: is_dead(child))


def test_a_fork_neither_stops_nor_keeps_the_child() -> None:
    fork = """
pid = os.fork()
if pid == 0:
    client.close()
    signal.pause()
import warnings
assert client.step(__import__("tests.core.client.play_client", fromlist=["say"]).say("a")).observation.echoed == "a"
print(pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", SCRIPT + fork, APP],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as parent:
        assert parent.stdout is not None
        child, forked = int(parent.stdout.readline()), int(parent.stdout.readline())
        assert parent.wait(60) == -signal.SIGKILL
        try:
            wait_until(lambda: is_dead(child))
        finally:
            os.kill(forked, signal.SIGKILL)


def test_a_fork_plays_sessions_of_its_own_on_the_parents_server() -> None:
    fork = """
import multiprocessing
from openenv.core.errors import SessionLostError
from tests.core.client.play_client import say

def play():
    try:
        client.step(say("child"))
    except SessionLostError:
        client.reset()
    client.step(say("child"))
    assert client.state().log == ["child"]
    with client.new_session() as other:
        other.reset()
        assert other.state().log == []
    client.close()

client.step(say("parent"))
child = multiprocessing.get_context("fork").Process(target=play)
child.start()
child.join(30)
code = child.exitcode
child.kill()
print(code, client.state().log)
client.close()
"""
    done = run_script(SCRIPT + fork, APP, warnings="ignore")
    assert (done.stdout.splitlines()[1:], done.stderr, done.returncode) == (["0 ['parent']"], "", 0)


def test_a_fork_cannot_play_a_server_that_its_parent_is_still_starting() -> None:
    code = """
import os, sys, threading
from openenv.core.errors import EnvConnectionError
from openenv.core.generic_client import GenericEnvClient
from tests.core.client.slow_provider import SlowProvider

provider = SlowProvider()
client = GenericEnvClient(provider=provider)
thread = threading.Thread(target=client.reset)
thread.start()
provider.starting.wait()
pid = os.fork()
if pid == 0:
    code = 1
    try:
        client.reset()
    except EnvConnectionError as error:
        assert "still starting" in str(error), error
        client.close()
        code = 0
    finally:
        os._exit(code)
print(os.waitpid(pid, 0)[1], provider.stops)
provider.go_on.set()
thread.join()
client.close()
print(provider.stops)
"""
    done = run_script(code, warnings="ignore")
    assert (done.stdout, done.stderr, done.returncode) == ("0 0\n1\n", "", 0)


def test_the_provider_by_itself() -> None:
    provider = ProcessProvider(APP, env_vars={"A": "1"})
    assert provider.base_url == ""
    with provider:
        provider.wait_for_ready(10)
        with pytest.raises(RuntimeError, match="runs already"):
            provider.start()
        with GenericEnvClient(base_url=provider.base_url) as client:
            assert client.reset().observation["echoed"] == "ready"
        pid = provider.pid
        assert pid is not None
    assert is_gone(pid)
    provider.stop()
    with pytest.raises(ServerStartError):
        provider.wait_for_ready(1)
    with pytest.raises(ValueError, match="one server"):
        provider.start(workers=2)


def test_a_client_given_a_runtime_provider_starts_and_stops_it() -> None:
    provider = ProcessProvider(APP)
    client = GenericEnvClient(provider=provider)
    assert client.base_url == ""
    assert client.reset().observation["echoed"] == "ready"
    assert client.base_url == provider.base_url
    client.disconnect()
    assert client.reset().observation["echoed"] == "ready"  # the same server
    client.close()
    assert provider.pid is None


def test_a_client_given_a_running_provider_stops_it() -> None:
    provider = ProcessProvider(APP)
    client = GenericEnvClient(base_url=provider.start(), provider=provider)
    client.reset()
    client.close()
    assert provider.pid is None
