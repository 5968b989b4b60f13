"""Results of calls that were made while an event loop runs in the caller's thread.

Such a call is under way already. Its result may be awaited; code that does not await uses it as it is, and blocks
where it first looks at it.
"""

import asyncio
import operator
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast

from ..client_types import StepResult
from .call import Call

T = TypeVar("T")
U = TypeVar("U")
ObsT = TypeVar("ObsT")

_DISCARDED_END_S: Final = 15.0


class Pending(Generic[T]):
    """A value on its way. Awaitable, usable as a coroutine in ``asyncio.create_task``, and a stand-in for the value.

    Cancelling an ``await`` does not recall a request that was sent: the server still does what it was asked to.
    """

    _call: Call
    _parse: Callable[[Call], T]
    _cancel: Callable[[Call], None]

    def __init__(self, call: Call, parse: Callable[[Call], T], cancel: Callable[[Call], None]) -> None:
        self.__dict__.update(_call=call, _parse=parse, _cancel=cancel, _steps=None)

    def wait(self) -> T:
        """Block until the value is there, and return it.

        Raises:
            OpenEnvError: as the call itself does in synchronous code.
        """
        own = self.__dict__
        if "_value" not in own:
            if "_failure" in own:
                raise own["_failure"]
            call: Call = own["_call"]
            call.wait()
            try:
                own["_value"] = own["_parse"](call)
            except Exception as error:
                own["_failure"] = error
                raise
        return cast(T, own["_value"])

    def then(self, use: Callable[[T], U]) -> "Pending[U]":
        """What ``use`` makes of the value, on its way as well."""
        own = self.__dict__
        return Pending(own["_call"], lambda _: use(self.wait()), own["_cancel"])

    def __await__(self) -> Generator[Any, None, T]:
        call: Call = self.__dict__["_call"]
        if not call.done:
            loop = asyncio.get_running_loop()
            arrived: asyncio.Future[None] = loop.create_future()

            def tell() -> None:
                try:
                    loop.call_soon_threadsafe(_set_done, arrived)
                except RuntimeError:  # that loop has ended, and its tasks with it
                    pass

            call.on_done(tell)
            try:
                yield from arrived
            except asyncio.CancelledError:
                self.__dict__["_cancel"](call)
                raise
        return self.wait()

    # The coroutine protocol: asyncio.create_task() takes nothing less.

    def _coroutine(self) -> Generator[Any, None, T]:
        own = self.__dict__
        if own["_steps"] is None:
            own["_steps"] = self.__await__()
        return cast("Generator[Any, None, T]", own["_steps"])

    def send(self, value: Any) -> Any:
        return self._coroutine().send(value)

    def throw(self, typ: Any, val: BaseException | object = None, tb: TracebackType | None = None) -> Any:
        if val is None and tb is None:
            return self._coroutine().throw(typ)
        return self._coroutine().throw(typ, val, tb)

    def close(self) -> None:
        if self.__dict__["_steps"] is not None:
            self._coroutine().close()

    def __del__(self) -> None:
        call = self.__dict__.get("_call")
        if call is not None:
            call.report_unconsumed()

    # A stand-in for the value

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("_", "cr_", "gi_", "ag_")):
            raise AttributeError(name)  # what Python and asyncio probe for must not block
        return getattr(self.wait(), name)

    def __getitem__(self, key: Any) -> Any:
        return cast(Any, self.wait())[key]

    def __contains__(self, item: object) -> bool:
        return item in cast(Any, self.wait())

    def __iter__(self) -> Iterator[Any]:
        return iter(cast(Any, self.wait()))

    def __len__(self) -> int:
        return len(cast(Any, self.wait()))

    def __bool__(self) -> bool:
        return bool(self.wait())

    def __eq__(self, other: object) -> bool:
        return self is other or bool(self.wait() == (other.wait() if isinstance(other, Pending) else other))

    __hash__ = object.__hash__

    def __str__(self) -> str:
        return str(self.wait())

    def __repr__(self) -> str:
        call: Call = self.__dict__["_call"]
        return repr(self.wait()) if call.done or call.can_wait_here() else "<pending result>"

    def __format__(self, spec: str) -> str:
        return format(self.wait(), spec)

    def __reduce__(self) -> Any:
        return _same, (self.wait(),)


def _add_operators() -> None:
    """Let a number on its way, which a tool may give, be computed with and compared."""

    def plain(operand: Any) -> Any:
        return operand.wait() if isinstance(operand, Pending) else operand

    def add(name: str, function: Callable[..., Any]) -> None:
        setattr(Pending, f"__{name}__", lambda *operands: function(*map(plain, operands)))

    def add_reflected(name: str, function: Callable[[Any, Any], Any]) -> None:
        setattr(Pending, f"__r{name}__", lambda right, left: function(left, plain(right)))

    for name in ("lt", "le", "gt", "ge", "neg", "pos", "abs", "index"):
        add(name, getattr(operator, name))
    add("int", int)
    add("float", float)
    add("round", round)
    for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow"):
        add(name, getattr(operator, name))
        add_reflected(name, getattr(operator, name))


_add_operators()


def _field(name: str) -> Any:
    """A field of the value on its way."""

    def read(self: Pending[Any]) -> Any:
        return getattr(self.wait(), name)

    def write(self: Pending[Any], value: Any) -> None:
        setattr(self.wait(), name, value)

    return property(read, write)


class PendingStepResult(Pending[StepResult[ObsT]], StepResult[ObsT]):
    """A :class:`StepResult` on its way; its fields block until it is there."""

    if not TYPE_CHECKING:  # to type checkers they are the fields of the result
        observation = _field("observation")
        reward = _field("reward")
        done = _field("done")
        metadata = _field("metadata")

    __hash__ = object.__hash__


class PendingEnd(Pending[None]):
    """The end of a session on its way. Code that neither awaits nor keeps it gets it before its next statement."""

    def __init__(self, call: Call, parse: Callable[[Call], None], cancel: Callable[[Call], None]) -> None:
        super().__init__(call, parse, cancel)
        self.__dict__.update(_thread=threading.get_ident(), _awaited=False)

    def __await__(self) -> Generator[Any, None, None]:
        self.__dict__["_awaited"] = True
        return (yield from super().__await__())

    def __del__(self) -> None:
        own = self.__dict__
        is_discarded = not own["_awaited"] and own["_thread"] == threading.get_ident()
        if is_discarded and own["_call"].can_wait_here() and not sys.is_finalizing():
            # Bounded, because the garbage collector may come here at a moment that keeps the loop's thread waiting.
            own["_call"].wait(_DISCARDED_END_S)
        super().__del__()


def _set_done(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


def _same(value: T) -> T:
    return value
