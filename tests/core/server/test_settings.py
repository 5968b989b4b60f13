"""Settings: where they come from, what they refuse, and their table in the documentation."""

from pathlib import Path
from typing import Any

import pytest

from openenv.core.env_server import (
    ConcurrencyConfig,
    ConcurrencyConfigurationError,
    HTTPEnvServer,
    ServerSettings,
    create_app,
    create_fastapi_app,
    create_web_interface_app,
)
from openenv.core.env_server.settings import SettingsError, max_concurrent_envs
from openenv.core.errors import OpenEnvError
from tests.core.server.environments import EchoAction, EchoEnvironment, EchoObservation, SolePuppet

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "settings.md"

# name, variable's text, value
GOOD: list[tuple[str, str, Any]] = [
    ("max_sessions", "7", 7),
    ("session_idle_timeout_s", "90", 90.0),
    ("session_grace_s", "0", 0.0),
    ("http_session_idle_timeout_s", "1.5", 1.5),
    ("create_timeout_s", "2", 2.0),
    ("reset_timeout_s", "0.25", 0.25),
    ("step_timeout_s", "1e3", 1000.0),
    ("close_timeout_s", "3", 3.0),
    ("drain_timeout_s", "0", 0.0),
    ("token", "sesame", "sesame"),
    ("allowed_origins", " https://a.example , http://b.example:1 ,", ["https://a.example", "http://b.example:1"]),
    ("max_message_bytes", "1", 1),
    ("max_messages_per_second", "0.5", 0.5),
    ("max_sessions_per_address", "3", 3),
    ("require_session_secret", "true", True),
    ("max_kept_reply_bytes", "0", 0),
    ("freeze_heap", "false", False),
]

BAD: list[tuple[str, str]] = [
    ("max_sessions", "0"),
    ("max_sessions", "many"),
    ("max_sessions", "1.5"),
    ("session_idle_timeout_s", "0"),
    ("session_idle_timeout_s", "inf"),
    ("session_grace_s", "-1"),
    ("session_grace_s", "inf"),
    ("session_grace_s", "nan"),
    ("http_session_idle_timeout_s", "-5"),
    ("create_timeout_s", "0"),
    ("reset_timeout_s", "soon"),
    ("step_timeout_s", "nan"),
    ("close_timeout_s", "0"),
    ("drain_timeout_s", "-0.1"),
    ("drain_timeout_s", "inf"),
    ("max_message_bytes", "0"),
    ("max_messages_per_second", "0"),
    ("max_sessions_per_address", "0"),
    ("require_session_secret", "perhaps"),
    ("max_kept_reply_bytes", "-1"),
    ("freeze_heap", "perhaps"),
]


def server_of(app: Any) -> HTTPEnvServer:
    server = app.state.openenv_server
    assert isinstance(server, HTTPEnvServer)
    return server


def echo_app(**arguments: Any) -> Any:
    return create_app(EchoEnvironment, EchoAction, EchoObservation, **arguments)


def plain(settings: ServerSettings, name: str) -> Any:
    value = getattr(settings, name)
    return value.get_secret_value() if name == "token" and value is not None else value


def test_every_setting_is_in_these_tests() -> None:
    assert {name for name, _, _ in GOOD} == set(ServerSettings.model_fields)
    unbounded = {"token", "allowed_origins"}
    assert {name for name, _ in BAD} == set(ServerSettings.model_fields) - unbounded


@pytest.mark.parametrize(("name", "text", "value"), GOOD)
def test_from_a_variable(monkeypatch: pytest.MonkeyPatch, name: str, text: str, value: Any) -> None:
    default = plain(server_of(echo_app()).settings, name)
    monkeypatch.setenv(f"OPENENV_{name.upper()}", text)
    settings = server_of(echo_app()).settings
    assert plain(settings, name) == value != default
    others = set(ServerSettings.model_fields) - {name}
    assert {plain(settings, other) == plain(ServerSettings(), other) for other in others} == {True}


@pytest.mark.parametrize(("name", "text", "value"), GOOD)
def test_from_the_app_s_arguments(monkeypatch: pytest.MonkeyPatch, name: str, text: str, value: Any) -> None:
    """They win: variables are not even read."""
    monkeypatch.setenv(f"OPENENV_{name.upper()}", "nonsense")
    settings = server_of(echo_app(settings=ServerSettings(**{name: value}))).settings
    assert plain(settings, name) == value


@pytest.mark.parametrize(("name", "text"), BAD)
def test_bad_values_are_named(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    variable = f"OPENENV_{name.upper()}"
    monkeypatch.setenv(variable, text)
    with pytest.raises(SettingsError, match=f"^{variable}: ") as caught:
        echo_app()
    assert repr(text) in str(caught.value)
    assert isinstance(caught.value, OpenEnvError | ValueError)


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ServerSettings.model_fields:
        monkeypatch.setenv(f"OPENENV_{name.upper()}", "")
    assert server_of(echo_app()).settings == ServerSettings()


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        ServerSettings().max_sessions = 3  # type: ignore[misc]
    with pytest.raises(ValueError, match="max_session"):
        ServerSettings(max_session=3)  # type: ignore[call-arg]


# The arguments that are older than the settings


def test_how_many_sessions_there_are_by_default() -> None:
    server = server_of(echo_app())
    assert server.max_concurrent_envs == 1024
    assert server.is_concurrency_safe is True
    assert server.active_sessions == 0
    assert server.get_capacity_status().available_slots == 1024
    assert server.get_session_info("nobody") is None


def test_max_concurrent_envs() -> None:
    assert server_of(echo_app(max_concurrent_envs=3)).max_concurrent_envs == 3
    app = echo_app(max_concurrent_envs=3, settings=ServerSettings(max_sessions=5, step_timeout_s=2))
    assert server_of(app).max_concurrent_envs == 3
    assert server_of(app).settings.step_timeout_s == 2


def test_the_bound_that_the_hosts_of_a_package_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert max_concurrent_envs({}) is max_concurrent_envs({"MAX_CONCURRENT_ENVS": ""}) is None
    monkeypatch.setenv("MAX_CONCURRENT_ENVS", "8")
    assert max_concurrent_envs() == 8
    with pytest.raises(SettingsError, match="MAX_CONCURRENT_ENVS must be a whole number, not 'many'"):
        max_concurrent_envs({"MAX_CONCURRENT_ENVS": "many"})


@pytest.mark.parametrize("settings", [None, ServerSettings()])
def test_a_bad_number_of_sessions(settings: ServerSettings | None) -> None:
    with pytest.raises(SettingsError, match="max_sessions: Input should be greater than or equal to 1"):
        echo_app(max_concurrent_envs=0, settings=settings)


def test_concurrency_config() -> None:
    config = ConcurrencyConfig(max_concurrent_envs=4, session_timeout=30)
    server = server_of(echo_app(concurrency_config=config))
    assert server.concurrency_config == config
    assert server.settings.session_idle_timeout_s == 30
    with pytest.raises(ValueError, match="max_concurrent_envs or concurrency_config, not both"):
        echo_app(max_concurrent_envs=4, concurrency_config=config)


def test_environments_that_declare_nothing() -> None:
    def sole(**arguments: Any) -> HTTPEnvServer:
        return HTTPEnvServer(SolePuppet, EchoAction, EchoObservation, **arguments)

    assert sole().max_concurrent_envs == 1
    assert sole().is_concurrency_safe is False
    assert sole(max_concurrent_envs=1).max_concurrent_envs == 1
    with pytest.raises(ConcurrencyConfigurationError, match="SolePuppet does not declare") as caught:
        sole(max_concurrent_envs=2)
    assert (caught.value.environment_name, caught.value.max_concurrent_envs) == ("SolePuppet", 2)
    with pytest.raises(ConcurrencyConfigurationError):
        sole(concurrency_config=ConcurrencyConfig(max_concurrent_envs=8))
    with pytest.raises(ConcurrencyConfigurationError):
        HTTPEnvServer(lambda: SolePuppet(), EchoAction, EchoObservation, max_concurrent_envs=2)


def test_a_function_is_called_once_to_find_out_and_what_it_made_is_closed() -> None:
    made: list[EchoEnvironment] = []
    closed: list[EchoEnvironment] = []

    class Watched(EchoEnvironment):
        def close(self) -> None:
            closed.append(self)

    def make() -> EchoEnvironment:
        made.append(Watched())
        return made[-1]

    server = HTTPEnvServer(make, EchoAction, EchoObservation, max_concurrent_envs=5)
    assert server.is_concurrency_safe
    assert len(made) == 1
    assert closed == made


def test_what_a_function_made_to_be_asked_is_closed_whether_that_awaits_or_fails() -> None:
    closed: list[str] = []

    class Awaiting(EchoEnvironment):
        async def close(self) -> None:  # type: ignore[override]
            closed.append("awaited")

    class Failing(EchoEnvironment):
        def close(self) -> None:
            closed.append("failed")
            raise ValueError("no close")

    for make in (lambda: Awaiting(), lambda: Failing()):
        assert HTTPEnvServer(make, EchoAction, EchoObservation).is_concurrency_safe
    assert closed == ["awaited", "failed"]


def test_an_instance_is_for_the_web_page_only() -> None:
    instance = EchoEnvironment()
    for make in (create_app, create_fastapi_app, HTTPEnvServer):
        with pytest.raises(TypeError, match="pass EchoEnvironment itself"):
            make(instance, EchoAction, EchoObservation)  # type: ignore[operator]
    app = create_web_interface_app(instance, EchoAction, EchoObservation)
    assert server_of(app).max_concurrent_envs == 1
    with pytest.raises(ConcurrencyConfigurationError):
        create_web_interface_app(instance, EchoAction, EchoObservation, max_concurrent_envs=2)


@pytest.mark.parametrize("env", [None, 5, "echo", object()])
def test_what_makes_no_environments(env: Any) -> None:
    with pytest.raises(TypeError, match="must be a class or a function that makes environments"):
        create_app(env, EchoAction, EchoObservation)


# The documentation


def default_of(name: str) -> str:
    default = ServerSettings.model_fields[name].get_default(call_default_factory=True)
    if default is None or default == []:
        return ""
    return f"`{default:g}`" if isinstance(default, float) else f"`{str(default).lower()}`"


def table() -> str:
    """The table as ``docs/settings.md`` must have it."""
    rows = ["| Setting | Variable | Default | Meaning |", "|---|---|---|---|"]
    for name, field in ServerSettings.model_fields.items():
        rows.append(f"| `{name}` | `OPENENV_{name.upper()}` | {default_of(name)} | {field.description} |")
    return "\n".join(rows)


def test_the_documentation_s_table_is_that_of_the_code() -> None:
    assert table() in DOCUMENT.read_text(encoding="utf-8"), f"docs/settings.md should contain:\n\n{table()}"
