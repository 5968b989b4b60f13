"""What the tests of the worker pool have done in workers; imported there by name."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

initialized: list[Any] = []


def identity(value: Any) -> Any:
    return value


def add(a: int, b: int = 0, *, c: int = 0) -> int:
    return a + b + c


def pid() -> int:
    return os.getpid()


def spin() -> None:
    while True:
        pass


def spin_in_c() -> int:
    """Minutes in one C loop that looks at no signal."""
    return sum(range(10**12))


def mark_and_spin(path: str) -> None:
    Path(path).write_text(str(os.getpid()))
    spin()


def wait_for(path: str) -> str:
    while not Path(path).exists():
        time.sleep(0.005)
    return path


def die(how: str) -> None:
    if how == "segfault":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif how == "exit 0":
        os._exit(0)
    os._exit(7)


def die_once(path: str) -> str:
    if not Path(path).exists():
        Path(path).touch()
        os._exit(1)
    return "done"


def start_child_and_spin(path: str) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    Path(path).write_text(str(child.pid))
    spin()


def close_everything_and_spin() -> None:
    os.closerange(3, 256)
    spin()


def raise_error(kind: str) -> None:
    if kind == "value":
        raise ValueError("no such number")
    if kind == "exit":
        sys.exit("bye")
    if kind == "lock":
        error = ValueError("held")
        error.lock = __import__("threading").Lock()  # type: ignore[attr-defined]
        raise error
    raise Picky("a", "b")


class Picky(Exception):
    """Cannot be unpickled: its arguments are not those of its constructor."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first}-{second}")


def unpicklable() -> Any:
    return lambda: None


class LoadsOnlyInWorker:
    """A result whose class refuses to be loaded in the process that reads it."""

    def __init__(self) -> None:
        self.pid = os.getpid()

    def __reduce__(self) -> Any:
        return (load_only_in, (os.getpid(),))


def load_only_in(pid: int) -> Any:
    if os.getpid() != pid:
        raise RuntimeError("not here")
    return LoadsOnlyInWorker()


def odd_result() -> Any:
    return LoadsOnlyInWorker()


class SlowToLoad:
    """An argument that takes a while to unpickle."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __reduce__(self) -> Any:
        return (load_slowly, (self.seconds,))


def load_slowly(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def allocate(megabytes: int) -> int:
    return len(bytearray(megabytes << 20))


def initialize(value: Any) -> None:
    if value == "fail":
        raise RuntimeError("the model file is missing")
    if value == "exit":
        os._exit(3)
    if value == "hang":
        spin()
    initialized.append(value)


def get_initialized() -> list[Any]:
    return initialized


def is_loaded(module: str) -> bool:
    return module in sys.modules


def mixed(how: str, path: str = "") -> str:
    if how == "die":
        os._exit(1)
    if how == "spin":
        spin()
    if how == "error":
        raise ValueError("no such number")
    if how == "wait":
        wait_for(path)
    return how
