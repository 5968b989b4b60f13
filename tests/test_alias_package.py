"""``openenv_core``: the former name keeps importing, and means the very same modules."""

import json
import sys

import pytest

from tests.cli.processes import run

NAMES = ["client_types", "containers", "env_client", "env_server", "rubrics", "tools", "utils"]


def python(code: str, *options: str) -> str:
    done = run([sys.executable, *options, "-c", code])
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_a_module_is_the_very_same(name: str) -> None:
    code = (
        "import importlib, sys\n"
        f"old = importlib.import_module('openenv_core.{name}')\n"
        f"new = importlib.import_module('openenv.core.{name}')\n"
        "assert old is new, (old, new)\n"
        f"assert new.__name__ == new.__spec__.name == 'openenv.core.{name}', new.__spec__\n"
        f"import openenv_core\nassert openenv_core.{name} is new\n"
    )
    python(code, "-W", "ignore")


def test_submodules_and_their_names_are_the_very_same() -> None:
    python(
        "from openenv_core.env_server.types import Action, Observation, State\n"
        "from openenv_core.env_server import Environment, create_app\n"
        "from openenv_core import EnvClient\n"
        "import openenv.core.env_server.types as types\n"
        "assert (Action, Observation, State) == (types.Action, types.Observation, types.State)\n"
        "import openenv.core as core\n"
        "assert (EnvClient, create_app) == (core.EnvClient, core.create_app)\n"
        "assert 'EnvClient' in dir(__import__('openenv_core'))\n",
        "-W",
        "ignore",
    )


def test_the_tools() -> None:
    python(
        "import warnings\n"
        "with warnings.catch_warnings(record=True) as caught:\n"
        "    warnings.simplefilter('always')\n"
        "    from openenv_core.tools.git_server_client import GitServerClient, RepoInfo\n"
        "    from openenv_core.tools import PyExecutor\n"
        "assert [w.category for w in caught] == [DeprecationWarning], caught\n"
        "import openenv.core.tools as tools\n"
        "assert (GitServerClient, RepoInfo, PyExecutor) == (tools.GitServerClient, tools.RepoInfo, tools.PyExecutor)\n"
    )


def test_the_order_of_imports_does_not_matter() -> None:
    code = (
        "import openenv.core.env_server.types as new\n"
        "import openenv_core.env_server.types as old\n"
        "assert old is new\n"
        "import importlib\nassert importlib.reload(new) is new\n"
    )
    python(code, "-W", "ignore")


def test_every_module_there_is_has_its_old_name() -> None:
    code = (
        "import pkgutil, sys, openenv.core, openenv_core\n"
        "from importlib.util import find_spec\n"
        "names = [m.name for m in pkgutil.walk_packages(openenv.core.__path__, 'openenv.core.')]\n"
        "assert len(names) > 20, names\n"
        "for name in names:\n"
        "    old = name.replace('openenv.core', 'openenv_core', 1)\n"
        "    assert find_spec(old) is not None, name\n"
        "    assert sys.modules.get(old) in (None, sys.modules.get(name)), name\n"
    )
    python(code, "-W", "ignore")


def test_a_module_that_is_not_there_is_reported_by_the_name_that_was_asked_for() -> None:
    code = (
        "try:\n    import openenv_core.no_such_module\n"
        "except ModuleNotFoundError as error:\n    print(error.name)\n"
        "import openenv_core\n"
        "print(hasattr(openenv_core, 'no_such_name'))\n"
    )
    assert python(code, "-W", "ignore") == "openenv_core.no_such_module\nFalse\n"


def test_it_warns_once_and_where_it_is_imported() -> None:
    code = (
        "import json, warnings\n"
        "with warnings.catch_warnings(record=True) as caught:\n"
        "    warnings.simplefilter('always')\n"
        "    from openenv_core.env_server.types import State\n"
        "    import openenv_core, openenv_core.utils\n"
        "print(json.dumps([[w.category.__name__, str(w.message), w.filename] for w in caught]))\n"
    )
    message = "openenv_core is now openenv.core: import that instead"
    assert json.loads(python(code)) == [["DeprecationWarning", message, "<string>"]]


def test_it_costs_no_more_than_the_new_name() -> None:
    code = "import sys, openenv_core.client_types\nprint('fastapi' in sys.modules, 'pydantic' in sys.modules)"
    assert python(code, "-W", "ignore") == "False False\n"
