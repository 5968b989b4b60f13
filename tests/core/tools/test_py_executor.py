"""Code of a model, run by the library that interprets it."""

import subprocess
import sys
from typing import Any

import pytest

from openenv.core import tools
from openenv.core.tools.local_python_executor import PyExecutor, has_smolagents

needs_smolagents = pytest.mark.skipif(not has_smolagents(), reason="smolagents is not installed: openenv[tools]")


@pytest.fixture(scope="module")
def _executor() -> Any:
    return PyExecutor()  # importing the library takes seconds


@pytest.fixture
def executor(_executor: Any) -> Any:
    _executor._executor.state = {"__name__": "__main__"}
    return _executor


def test_without_the_library() -> None:
    code = (
        "import sys\n"
        "sys.modules['smolagents'] = None\n"  # as if it were not installed
        "from openenv.core.tools import PyExecutor\n"
        "import openenv.core.tools\n"
        "assert PyExecutor is None and openenv.core.tools.PyExecutor is None\n"
        "from openenv.core.tools.local_python_executor import PyExecutor\n"
        "try:\n    PyExecutor()\nexcept ImportError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "PyExecutor needs smolagents: install openenv[tools]\n"


def test_the_name_tells_whether_the_library_is_there() -> None:
    assert tools.PyExecutor is (PyExecutor if has_smolagents() else None)
    assert {"PyExecutor", "GitServerClient", "RepoInfo"} <= set(dir(tools))
    with pytest.raises(AttributeError, match="no_such_name"):
        tools.no_such_name  # noqa: B018


@needs_smolagents
def test_asking_for_the_class_does_not_import_the_library() -> None:
    code = (
        "import sys; from openenv.core.tools import PyExecutor; print(PyExecutor.__name__, 'smolagents' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "PyExecutor False\n"


@needs_smolagents
@pytest.mark.parametrize(
    ("code", "stdout"),
    [
        ("print('Hello, World!')", "Hello, World!\n"),
        ("x = 5", "5\n"),
        ("print('hi')\n3 + 4", "hi\n7\n"),
        ("print('a', end='')\n'b'", 'a\n"b"\n'),
        ("{'a': [1, None]}", '{"a": [1, null]}\n'),
        ("{1}", "{1}\n"),
        ("None", ""),
        ("", ""),
        ("import math\nmath.floor(2.5)", "2\n"),
        ("def f(n):\n    return 1 if n < 2 else n * f(n - 1)\nf(5)", "120\n"),
        ("print('\\ud800')", "\\ud800\n"),
    ],
)
def test_what_code_says(executor: Any, code: str, stdout: str) -> None:
    result = executor.run(code)
    assert (result.stdout, result.stderr, result.exit_code) == (stdout, "", 0)


@needs_smolagents
def test_variables_and_functions_persist(executor: Any) -> None:
    executor.run("total = 1\ndef add(n):\n    return total + n")
    assert executor.run("total = add(4)").exit_code == 0
    assert executor.run("1 / 0").exit_code == 1
    assert executor.run("total").stdout == "5\n"
    assert PyExecutor().run("total").exit_code == 1  # another one's are others


@needs_smolagents
@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("def f(:", "SyntaxError"),
        ("import os", "Import of os is not allowed"),
        ("open('x')", "Forbidden function"),
        ("eval('1')", "Forbidden function"),
        ("nothing", "nothing"),
        ("def g():\n    return g()\ng()", "RecursionError"),
        ("raise SystemExit(3)", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("class A:\n    def __repr__(self):\n        raise SystemExit\nA()", "SystemExit"),
        ("class A(Exception):\n    def __str__(self):\n        raise SystemExit\nraise A()", "SystemExit"),
        ("class A:\n    def __str__(self):\n        raise ValueError\n_print_outputs = A()\n1 / 0", "Error"),
        ("_print_outputs.value = 3", "TypeError"),
        ("x" * 100 + "(" * 300, "SyntaxError"),
        (None, "TypeError"),
        (7, "TypeError"),
    ],
)
def test_nothing_raises(executor: Any, code: Any, problem: str) -> None:
    result = executor.run(code)
    assert result.exit_code == 1
    assert problem in result.stderr
    assert 'File "' not in result.stderr  # the library's frames are nothing for a model
    assert executor.run("print('still here')").stdout == "still here\n"


@needs_smolagents
def test_what_was_printed_before_an_error(executor: Any) -> None:
    result = executor.run("print('before')\n1 / 0")
    assert (result.stdout, result.exit_code) == ("before\n", 1)
    assert executor.run("def f(:").stdout == ""  # not that of the run before


@needs_smolagents
def test_a_loop_without_end(executor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smolagents.local_python_executor.MAX_WHILE_ITERATIONS", 1000)  # a million takes its time
    result = executor.run("while True:\n    pass")
    assert result.exit_code == 1
    assert "iterations" in result.stderr


@needs_smolagents
def test_long_values_are_cut(executor: Any) -> None:
    shown = executor.run("[0] * 100000").stdout
    assert len(shown) < 60_000
    assert shown.endswith("(300000 characters)\n")


@needs_smolagents
def test_more_imports() -> None:
    assert PyExecutor(["json"]).run("import json\njson.loads('[1]')[0]").stdout == "1\n"
    with pytest.raises(ValueError, match="a_library_nobody_has"):
        PyExecutor(["a_library_nobody_has"])
