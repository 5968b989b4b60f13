"""One environment instance, played as the server plays it."""

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from typing import Any

from openenv.core.env_server.signatures import accepted, keyword_names
from openenv.core.env_server.specification import is_async_verb

_STEP_TIMEOUT_S = 60.0


class CallFailedError(Exception):
    """The environment raised; the error it raised is the cause."""

    def __init__(self, call: str, error: Exception) -> None:
        self.error = error
        super().__init__(f"{call} raised {type(error).__name__}: {error}")


class Player:
    """Calls the asynchronous verbs where the environment overrides those; drops what a verb does not take.

    Attributes:
        environment: what the factory made.
        steps: how many steps were taken.
    """

    def __init__(self, factory: Callable[[], Any], runner: asyncio.Runner) -> None:
        self._runner = runner
        self.steps = 0
        self.closed = False
        self.environment = self._call("the factory", factory)

    def takes(self, argument: str) -> bool:
        """Whether ``reset`` takes ``argument``."""
        names = keyword_names(self._verb("reset"))
        return names is None or argument in names

    def reset(self, **arguments: Any) -> Any:
        """Reset with those of ``arguments`` that are not None and that the environment takes."""
        verb = self._verb("reset")
        names = keyword_names(verb)
        given = accepted(names, {name: value for name, value in arguments.items() if value is not None})
        shown = ", ".join(f"{name}={value!r}" for name, value in given.items())
        return self._call(f"reset({shown})", lambda: verb(**given), awaits=self._is_async("reset"))

    def step(self, action: Any) -> Any:
        """Take one action."""
        verb = self._verb("step")
        given = accepted(keyword_names(verb), {"timeout_s": _STEP_TIMEOUT_S})
        self.steps += 1
        return self._call(f"step({action!r})", lambda: verb(action, **given), awaits=self._is_async("step"))

    @property
    def state(self) -> Any:
        return self._call("state", lambda: self.environment.state)

    def metadata(self) -> Any:
        return self._call("get_metadata()", self.environment.get_metadata)

    def close(self) -> None:
        """Close the environment; may be called more than once."""
        self.closed = True
        self._call("close()", self.environment.close, awaits=True)

    def _verb(self, name: str) -> Callable[..., Any]:
        verb: Callable[..., Any] = getattr(self.environment, f"{name}_async" if self._is_async(name) else name)
        return verb

    def _is_async(self, name: str) -> bool:
        return is_async_verb(self.environment, name)

    def _call(self, what: str, call: Callable[[], Any], *, awaits: bool = False) -> Any:
        try:
            result = call()
            if not inspect.iscoroutine(result):
                return result
            if awaits:
                return self._await(result)
            result.close()
            raise TypeError("it is a coroutine: only reset_async, step_async and close are awaited")
        except Exception as error:
            raise CallFailedError(what, error) from error

    def _await(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        # An MCP environment runs its coroutines on a loop of its own, as it does in a server.
        run_coroutine = getattr(self.environment, "run_coroutine", None)
        return self._runner.run(coroutine) if run_coroutine is None else run_coroutine(coroutine)
