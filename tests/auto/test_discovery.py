"""What is found among the installed distributions."""

import sys
from pathlib import Path

import pytest

from openenv import AutoAction, AutoEnv
from openenv.auto import (
    AmbiguousEnvironmentError,
    BrokenEnvironmentError,
    InstalledEnvironment,
    UnknownEnvironmentError,
    discover,
)
from openenv.auto.discovery import by_key
from openenv.core.env_client import EnvClient
from openenv.core.generic_client import GenericAction
from openenv.core.manifest import ManifestError
from tests.auto.packages import CLIENT, Site
from tests.cli.processes import ROOT, run


def found(module: str) -> InstalledEnvironment:
    [environment] = [environment for environment in discover() if environment.module == module]
    return environment


def test_our_own_environments(tmp_path: Path) -> None:
    # From somewhere else and without this test's path: as a user's script finds the editable installs.
    code = (
        "from openenv.auto.discovery import by_key\n"
        "for key, e in by_key().items(): print(key, e.module, e.client_class, e.action_class, e.default_image)\n"
        "import sys; print(*(m for m in ('echo_env', 'RLVE_Gym', 'fastapi') if m in sys.modules))\n"
    )
    lines = run([sys.executable, "-c", code], tmp_path, PYTHONPATH="").stdout.splitlines()
    assert set(lines) >= {
        "echo echo_env EchoEnv CallToolAction echo-env:latest",
        "reasoning_gym reasoning_gym_env ReasoningGymEnv ReasoningGymAction reasoning-gym-env:latest",
        "rlve_gym RLVE_Gym RlveGymEnv RlveGymAction rlve-gym:latest",
        "",  # nothing of it was imported
    }


@pytest.mark.parametrize("name", ["echo", "echo-env", "echo_env", "openenv-echo_env"])
def test_classes_of_the_echo_environment(name: str) -> None:
    from openenv.core.env_server.mcp_types import CallToolAction

    client = AutoEnv.get_env_class(name)
    assert (client.__module__, client.__name__) == ("echo_env.client", "EchoEnv")
    assert AutoAction.from_env(name) is AutoAction.from_hub(name) is CallToolAction  # the manifest says so


@pytest.mark.parametrize("name", ["RLVE_Gym", "rlve-gym", "rlve_gym"])
def test_names_with_capitals(name: str) -> None:
    assert AutoEnv.get_env_class(name).__name__ == "RlveGymEnv"
    assert AutoAction.from_env(name).__name__ == "RlveGymAction"


def test_what_is_told_of_an_environment() -> None:
    assert AutoEnv.get_env_info("echo-env") == {
        "env_key": "echo",
        "name": "echo_env",
        "package": "openenv-echo_env",
        "version": "0.1.0",
        "description": found("echo_env").description,
        "module": "echo_env",
        "env_class": "EchoEnv",
        "action_class": "CallToolAction",
        "observation_class": "EchoObservation",
        "default_image": "echo-env:latest",
        "spec_version": 1,
    }
    assert AutoAction.get_action_info("echo") == {
        "env_key": "echo",
        "name": "echo_env",
        "package": "openenv-echo_env",
        "module": "echo_env",
        "action_class": "CallToolAction",
        "observation_class": "EchoObservation",
    }


def test_the_listings(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.add("openenv-garden", "garden", manifest="description: '[red]roses[/red]'", prefix="Garden")
    environments = AutoEnv.list_environments()
    output = capsys.readouterr().out
    assert environments["garden"] == AutoEnv.get_env_info("garden")
    assert {"echo", "rlve_gym", "garden"} <= set(environments)
    assert all(word in output for word in ("GardenEnv", "garden:latest", "[red]roses[/red]", "EchoEnv"))
    actions = AutoAction.list_actions()
    output = capsys.readouterr().out
    assert actions["garden"] == AutoAction.get_action_info("garden")
    assert all(word in output for word in ("GardenAction", "GardenObservation", "CallToolAction"))


def test_nothing_installed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    AutoEnv.list_environments()  # so that what it imports is there before the path is gone
    monkeypatch.setattr(sys, "path", [])
    assert AutoEnv.list_environments() == {}
    assert "No environment is installed" in capsys.readouterr().out
    with pytest.raises(UnknownEnvironmentError, match="no environment is installed"):
        AutoEnv.get_env_info("echo")


def test_neither_is_constructed() -> None:
    with pytest.raises(TypeError, match="from_env"):
        AutoEnv()
    with pytest.raises(TypeError, match="from_env"):
        AutoAction("echo")


def test_a_package_by_convention(site: Site) -> None:
    package = site.add("openenv-grid-world", "grid_world", prefix="GridWorld")
    environment = found("grid_world")
    assert (environment.key, environment.name, environment.version) == ("grid_world", "grid_world", "1.0")
    assert (environment.description, environment.directory) == ("From the metadata", package)
    assert AutoEnv.get_env_class("grid-world").__name__ == "GridWorldEnv"
    assert AutoAction.from_env("grid_world").__name__ == "GridWorldAction"
    assert environment.default_image == "grid-world:latest"


def test_the_manifest_rules(site: Site) -> None:
    manifest = "version: 2.0.1\ndescription: d\naction: Move\nobservation: View\nclient: Player\nspec_version: 7"
    source = CLIENT.format(prefix="Odd") + "\nMove, View, Player = OddAction, OddObservation, OddEnv\n"
    site.add("openenv-odd", "odd", {"__init__.py": source}, manifest=manifest)
    info = AutoEnv.get_env_info("odd")
    assert (info["version"], info["description"], info["spec_version"]) == ("2.0.1", "d", 7)
    assert (info["env_class"], info["action_class"], info["observation_class"]) == ("Player", "Move", "View")
    assert AutoEnv.get_env_class("odd").__name__ == "OddEnv"
    assert AutoAction.from_env("odd").__name__ == "OddAction"


def test_a_name_in_the_manifest_that_is_not_the_modules(site: Site) -> None:
    site.add(
        "openenv-mod",
        "mod",
        manifest=None,
        prefix="Mod",
        files={"__init__.py": CLIENT.format(prefix="Mod"), "openenv.yaml": "name: Other Name"},
    )
    for name in ("mod", "mod-env", "Other Name", "other-name"):
        assert AutoEnv.get_env_info(name)["module"] == "mod"
    assert AutoEnv.get_env_info("mod")["default_image"] == "other-name:latest"


def test_classes_that_keep_to_no_convention(site: Site) -> None:
    site.add("openenv-browsergym", "browsergym", prefix="BrowserGym")  # by convention BrowsergymEnv
    assert AutoEnv.get_env_class("browsergym").__name__ == "BrowserGymEnv"
    site.add("openenv-tictactoe", "tictactoe", prefix="Noughts")  # the only one there is
    assert AutoEnv.get_env_class("tictactoe").__name__ == "NoughtsEnv"
    assert AutoAction.from_env("tictactoe").__name__ == "NoughtsAction"


def test_classes_in_modules_that_the_package_does_not_import(site: Site) -> None:
    files = {"__init__.py": "", "client.py": CLIENT.format(prefix="Quiet")}
    site.add("openenv-quiet", "quiet", files)
    assert AutoEnv.get_env_class("quiet").__module__ == "quiet.client"
    assert AutoAction.from_env("quiet").__name__ == "QuietAction"


def test_a_package_without_a_manifest(site: Site) -> None:
    site.add("openenv-plain", "plain", {"__init__.py": "", "client.py": CLIENT.format(prefix="Plain")}, manifest=None)
    assert AutoEnv.get_env_class("plain").__name__ == "PlainEnv"


def test_what_is_no_environment(site: Site) -> None:
    site.add("openenv-core", "openenv_core_module")
    site.add("openenv-plugin", "plugin", {"__init__.py": ""}, manifest=None)
    site.add("garden-tools", "garden_tools")
    (site.directory / "openenv_gone-1.0.dist-info").mkdir()
    (site.directory / "openenv_gone-1.0.dist-info" / "METADATA").write_text("Name: openenv-gone\nVersion: 1\n")
    (site.directory / "openenv_empty-1.0.dist-info").mkdir()
    modules = {environment.module for environment in discover()}
    assert not modules & {"openenv_core_module", "plugin", "garden_tools", "gone"}


def test_a_distribution_whose_name_has_another_case_than_its_module(site: Site) -> None:
    site.add("openenv-my-maze", "My_Maze", prefix="MyMaze", top_level="My_Maze\n")
    assert AutoEnv.get_env_class("my-maze").__name__ == "MyMazeEnv"


def test_an_egg_info_of_older_tools(site: Site) -> None:
    site.add("openenv-old", "old", prefix="Old", kind="egg-info")
    assert AutoEnv.get_env_class("old").__name__ == "OldEnv"


def test_an_editable_install_by_a_path_file(tmp_path: Path) -> None:
    # Of another kind than our own packages, which have a finder: the distribution here, the module elsewhere.
    checkout, installed = Site(tmp_path / "checkout"), tmp_path / "installed"
    checkout.add("openenv-remote_env", "remote_env", prefix="Remote")
    installed.mkdir()
    (checkout.directory / "openenv_remote_env-1.0.dist-info").rename(installed / "openenv_remote_env-1.0.dist-info")
    (installed / "remote.pth").write_text(f"{checkout.directory}\n")
    code = (
        f"import site; site.addsitedir({str(installed)!r})\n"
        "from openenv import AutoEnv\n"
        "print(AutoEnv.get_env_class('remote').__name__, AutoEnv.get_env_info('remote')['package'])\n"
    )
    assert run([sys.executable, "-c", code], tmp_path).stdout == "RemoteEnv openenv-remote_env\n"


def test_a_manifest_that_cannot_be_used(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.add("openenv-torn", "torn", manifest="port: many", prefix="Torn")
    with pytest.raises(ManifestError, match="port"):
        AutoEnv.get_env_class("torn")
    assert "torn" in AutoEnv.list_environments()  # the others are listed, and this one's problem is shown
    assert "port" in capsys.readouterr().out


def test_a_package_that_cannot_be_imported(site: Site) -> None:
    site.add("openenv-needy", "needy", {"__init__.py": "import a_library_nobody_has"})
    assert AutoEnv.get_env_info("needy")["env_class"] == "NeedyEnv"
    with pytest.raises(BrokenEnvironmentError, match="openenv-needy is installed.*a_library_nobody_has") as caught:
        AutoEnv.get_env_class("needy")
    assert isinstance(caught.value, ImportError)
    site.add("openenv-angry", "angry", {"__init__.py": "raise RuntimeError('no')"})
    with pytest.raises(BrokenEnvironmentError, match="RuntimeError: no"):
        AutoAction.from_env("angry")


def test_a_package_without_the_class(site: Site) -> None:
    site.add("openenv-bare", "bare", {"__init__.py": "from openenv.core.env_server.types import Action"})
    with pytest.raises(BrokenEnvironmentError, match="'BareEnv'.*'client'"):
        AutoEnv.get_env_class("bare")
    with pytest.raises(BrokenEnvironmentError, match="'BareAction'.*'action'"):
        AutoAction.from_env("bare")  # the framework's own Action is not the package's
    site.add("openenv-fake", "fake", {"__init__.py": "class FakeEnv: pass"})
    with pytest.raises(BrokenEnvironmentError, match="no client class"):
        AutoEnv.get_env_class("fake")


def test_two_that_answer_to_one_name(site: Site) -> None:
    site.add("openenv-pond", "pond", prefix="Pond")
    site.add("openenv-pond-env", "pond_env", prefix="Pond")
    assert AutoEnv.get_env_class("pond").__module__ == "pond"
    assert AutoEnv.get_env_class("pond-env").__module__ == "pond_env"
    assert {"pond", "pond_env"} <= set(by_key())
    site.add("openenv-lake-one", "lake_one", manifest=None, files={"openenv.yaml": "name: lake"})
    site.add("openenv-lake-two", "lake_two", manifest=None, files={"openenv.yaml": "name: lake"})
    with pytest.raises(AmbiguousEnvironmentError, match="lake_one.*lake_two"):
        AutoEnv.get_env_info("lake")
    assert AutoEnv.get_env_info("lake-two")["module"] == "lake_two"


def test_the_first_of_a_distribution_that_is_there_twice(site: Site, tmp_path: Path) -> None:
    other = Site(tmp_path / "other")
    site.add("openenv-twin", "twin", manifest="version: first", prefix="Twin")
    other.add("openenv-twin", "twin", manifest="version: second", prefix="Twin")
    sys.path.append(str(other.directory))  # the fixture restores the path
    assert AutoEnv.get_env_info("twin")["version"] == "first"


@pytest.mark.parametrize("name", ["ecko", "eccho_env", "Echo2"])
def test_an_unknown_name_with_those_like_it(name: str) -> None:
    with pytest.raises(UnknownEnvironmentError, match="did you mean 'echo'"):
        AutoEnv.from_env(name)
    with pytest.raises(ValueError, match="did you mean 'echo'"):
        AutoAction.from_env(name)


def test_an_unknown_name_like_no_other() -> None:
    with pytest.raises(UnknownEnvironmentError, match=r"no environment 'zzzzzz' is installed: installed are .*'echo'"):
        AutoEnv.get_env_class("zzzzzz")
    with pytest.raises(UnknownEnvironmentError, match="'org/nowhere' is installed"):
        AutoEnv.get_env_info("org/nowhere")  # tells, and installs nothing


@pytest.mark.parametrize("name", ["", "  ", "-", None, 7, b"echo"])
def test_what_is_no_name(name: object) -> None:
    for ask in (AutoEnv.from_env, AutoEnv.get_env_class, AutoEnv.get_env_info, AutoAction.from_env):
        with pytest.raises(ValueError, match="the name of an environment"):
            ask(name)  # type: ignore[operator]
    with pytest.raises(ValueError, match="the name of an environment"):
        AutoAction.from_env(name, skip_install=True)  # type: ignore[arg-type]


def test_a_space_whose_package_is_installed(site: Site) -> None:
    hub = "https://huggingface.co/spaces"
    site.add("openenv-lawn", "lawn", prefix="Lawn", origin=f"{hub}/Org/lawn-space")
    site.add("openenv-hedge", "hedge", prefix="Hedge")
    assert AutoEnv.get_env_class("org/Lawn-Space").__name__ == "LawnEnv"  # installed from there, whatever its name
    assert AutoEnv.get_env_class(f"{hub}/any/hedge").__name__ == "HedgeEnv"  # installed from elsewhere
    with pytest.raises(UnknownEnvironmentError):
        AutoEnv.get_env_info("somebody-else/lawn")  # theirs is another


def test_generic_classes_without_a_package() -> None:
    assert AutoAction.from_env("nothing-of-the-kind", skip_install=True) is GenericAction
    assert AutoAction.from_hub("org/space", skip_install=True)(a=1) == {"a": 1}


def test_importing_costs_nothing() -> None:
    code = (
        "import sys, openenv\n"
        "openenv.AutoEnv, openenv.AutoAction\n"
        "heavy = 'pydantic yaml httpx asyncio importlib.metadata rich fastapi websockets'.split()\n"
        "print([name for name in heavy if name in sys.modules])\n"
        "assert issubclass(openenv.AutoEnv.get_env_class('echo'), object)\n"
        "print('fastapi' in sys.modules)\n"
    )
    assert run([sys.executable, "-c", code], ROOT).stdout == "[]\nFalse\n"


def test_the_class_is_a_client() -> None:
    assert issubclass(AutoEnv.get_env_class("reasoning-gym"), EnvClient)
