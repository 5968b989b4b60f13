"""A client whose verbs always block."""

import inspect
from collections.abc import Callable
from functools import wraps
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from .client_types import ObsT, StateT, StepResult
from .utils import run_async_safely

if TYPE_CHECKING:
    from typing import Self

    from .env_client import EnvClient

ActT = TypeVar("ActT")


class SyncEnvClient(Generic[ActT, ObsT, StateT]):
    """The blocking face of a client: same session, same verbs, also where an event loop runs in the thread.

    Attributes and methods that are not named here are those of the client itself; methods block, coroutine
    functions included.

    Args:
        async_client: the client.
    """

    def __init__(self, async_client: "EnvClient[ActT, ObsT, StateT]") -> None:
        self._async_client = async_client

    @property
    def async_client(self) -> "EnvClient[ActT, ObsT, StateT]":
        """The client behind this one."""
        return self._async_client

    def connect(self) -> "Self":
        """As :meth:`EnvClient.connect`."""
        _settled(self._async_client.connect())
        return self

    def disconnect(self) -> None:
        """As :meth:`EnvClient.disconnect`."""
        _settled(self._async_client.disconnect())

    def reset(self, **kwargs: Any) -> StepResult[ObsT]:
        """As :meth:`EnvClient.reset`."""
        return cast(StepResult[ObsT], _settled(self._async_client.reset(**kwargs)))

    def step(self, action: ActT, timeout_s: float | None = None, **kwargs: Any) -> StepResult[ObsT]:
        """As :meth:`EnvClient.step`."""
        if timeout_s is not None:
            kwargs["timeout_s"] = timeout_s
        return cast(StepResult[ObsT], _settled(self._async_client.step(action, **kwargs)))

    def state(self) -> StateT:
        """As :meth:`EnvClient.state`."""
        return cast(StateT, _settled(self._async_client.state()))

    def close(self) -> None:
        """As :meth:`EnvClient.close`."""
        _settled(self._async_client.close())

    def new_session(self) -> "Self":
        """As :meth:`EnvClient.new_session`."""
        client = self._async_client.new_session()
        _settled(client.connect())
        return type(self)(client)

    def sync(self) -> "Self":
        """This client."""
        return self

    def __enter__(self) -> "Self":
        self._async_client.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __getattr__(self, name: str) -> Any:
        if name == "_async_client":  # while unpickling or copying, before there is one
            raise AttributeError(name)
        value = getattr(self._async_client, name)
        if not inspect.ismethod(value):
            return value
        return _blocking(value)


def _blocking(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        return _settled(method(*args, **kwargs))

    return call


def _settled(value: Any) -> Any:
    """The outcome of what a client's method returned."""
    if type(value) is StepResult:
        return value
    if inspect.iscoroutine(value):
        return run_async_safely(value)
    from .client.pending import Pending

    return value.wait() if isinstance(value, Pending) else value


__all__ = ["SyncEnvClient"]
