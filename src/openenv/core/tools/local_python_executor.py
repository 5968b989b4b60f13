"""Running Python code of a model in the interpreter of ``smolagents``, which knows no files, processes or network."""

import json
import traceback
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from threading import Thread
from typing import Any, Final

from ..env_server.types import CodeExecResult

_ADVICE: Final = "PyExecutor needs smolagents: install openenv[tools]"
_MAX_SHOWN: Final = 50_000  # characters of a value; what is printed has the same limit in the library


def has_smolagents() -> bool:
    """Whether there is a library to run code with. It is not imported."""
    try:
        return find_spec("smolagents") is not None
    except ValueError:  # a module made by hand, or marked as missing
        return False


class PyExecutor:
    """Runs pieces of Python code one after the other, as a notebook does: variables and functions persist.

    The code is interpreted, not executed: it may import only what is listed, and a loop without end is stopped (a
    long ``time.sleep`` is not: that is for the deadline of the step). That keeps mistakes in; it is no sandbox
    against an attacker, who needs a container around the whole server.

    Args:
        additional_imports: modules that the code may import besides a few harmless ones (``math``, ``re``, ...).

    Raises:
        ImportError: if ``smolagents`` is not installed.
        ValueError: if a module of ``additional_imports`` is not.
    """

    def __init__(self, additional_imports: Sequence[str] | None = None) -> None:
        try:
            self._library = import_module("smolagents.local_python_executor")
        except ImportError as error:
            raise ImportError(_ADVICE) from error
        self._executor = self._library.LocalPythonExecutor(additional_authorized_imports=list(additional_imports or ()))
        self._executor.send_tools({})  # the harmless built-in functions

    def run(self, code: str) -> CodeExecResult:
        """Run ``code``. Whatever it does, this raises nothing.

        Returns:
            ``stdout``: what it printed, and the value of its last expression or assignment (as JSON where it has
            such a form) on a line of its own, unless that is None. ``stderr``: why it failed. ``exit_code``: 0, or 1
            if it failed.
        """
        outcome: list[CodeExecResult] = []
        # In a thread of its own every exception is the code's, `raise KeyboardInterrupt` too.
        thread = Thread(target=lambda: outcome.append(self._run(code)), name="openenv-python", daemon=True)
        thread.start()
        thread.join()
        return outcome[0]

    def _run(self, code: str) -> CodeExecResult:
        self._executor.state.pop("_print_outputs", None)
        try:
            value = self._executor(code).output
            shown = "" if value is None else _shown(value)
        except BaseException as error:
            # Without the frames, which are the library's.
            report = "".join(traceback.format_exception(error, limit=0, chain=False))
            return CodeExecResult(stdout=_encodable(self._printed()), stderr=_encodable(report), exit_code=1)
        return CodeExecResult(stdout=_encodable(_lines(self._printed(), shown)), stderr="", exit_code=0)

    def _printed(self) -> str:
        outputs = self._executor.state.get("_print_outputs")
        value = outputs.value if isinstance(outputs, self._library.PrintContainer) else None
        return value if isinstance(value, str) else ""  # the code can reach it, and put anything there


def _shown(value: Any) -> str:
    try:
        text = json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        text = repr(value)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}... ({len(text)} characters)"


def _lines(printed: str, shown: str) -> str:
    if not shown:
        return printed
    separator = "" if not printed or printed.endswith("\n") else "\n"
    return f"{printed}{separator}{shown}\n"


def _encodable(text: str) -> str:
    """``text`` without the half characters that no encoding, and so no reply, can carry."""
    return text.encode("utf-8", "backslashreplace").decode()


__all__ = ["PyExecutor", "has_smolagents"]
