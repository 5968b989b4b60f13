"""Many problems at once, on all cores, in worker processes: each within a hard limit, the rest unharmed.

What fails stands in its place in the list of results, as the exception it raised.
"""

import pickle
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar, cast

from openenv.core.workers import WorkerPool

from .kit.errors import GenerationError, ParameterError
from .kit.instance import Instance, Verdict
from .registry import get

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

GENERATION_TIMEOUT_S: Final = 10.0
VERIFICATION_TIMEOUT_S: Final = 15.0  # far above what any takes: the first one may import SymPy on a busy machine

# How many calls travel to a worker together: many take less time than the trip, but a slow one keeps the rest waiting.
_REQUESTS_TOGETHER: Final = 4
_SAMPLES_TOGETHER: Final = 16


@dataclass(frozen=True, slots=True)
class Request:
    """A problem to generate; `arguments` are the problem's, as for `problems.get`."""

    identifier: str
    seed: int
    level: int
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sample:
    """An output to judge, and the instance it is for; `arguments` are the problem's, as for `problems.get`."""

    instance: Instance
    output: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


def make_pool(workers: int | None = None, memory_limit_mb: int | None = None) -> WorkerPool:
    """Worker processes that have what problems need. Close it, or use it in a `with`.

    Args:
        workers: how many; by default one per core.
        memory_limit_mb: what each may allocate, in MiB, before it gets a MemoryError (Linux).
    """
    return WorkerPool(workers, preload=(__name__,), memory_limit_mb=memory_limit_mb)


def generate_many(
    requests: Iterable[Request | tuple[str, int, int]],
    *,
    timeout_s: float = GENERATION_TIMEOUT_S,
    pool: WorkerPool | None = None,
) -> list[Instance | Exception]:
    """Generates instances, in the order of the requests.

    Args:
        requests: requests, or tuples (identifier, seed, level).
        timeout_s: the limit of one instance, in seconds.
        pool: workers to use, see `make_pool`; by default ones of its own, for this call.

    Returns:
        An instance per request, or the error: GenerationError, ParameterError, UnknownProblem, TypeError or
        ValueError for wrong arguments, MemoryError, WorkerTimeoutError, WorkerDiedError.
    """
    items = (request if isinstance(request, Request) else Request(*request) for request in requests)
    return _outcomes(_generate, items, _REQUESTS_TOGETHER, timeout_s, pool)


def verify_many(
    samples: Iterable[Sample | tuple[Instance, str]],
    *,
    timeout_s: float = VERIFICATION_TIMEOUT_S,
    pool: WorkerPool | None = None,
) -> list[Verdict | Exception]:
    """Judges outputs, in the order of the samples.

    Args:
        samples: samples, or tuples (instance, output).
        timeout_s: the limit of one verdict, in seconds.
        pool: as for `generate_many`.

    Returns:
        A verdict per sample, or the error, as `generate_many` has them.
    """
    items = (sample if isinstance(sample, Sample) else Sample(*sample) for sample in samples)
    return _outcomes(_verify, items, _SAMPLES_TOGETHER, timeout_s, pool)


def _outcomes(
    work: Callable[[Item], Outcome],
    items: Iterable[Item],
    together: int,
    timeout_s: float,
    pool: WorkerPool | None,
) -> list[Outcome | Exception]:
    with make_pool() if pool is None else nullcontext(pool) as workers:
        outcomes = workers.map(work, items, timeout_s=timeout_s, chunk_size=together, return_errors=True)
        return list(cast(Iterable[Outcome | Exception], outcomes))


def _generate(request: Request) -> Instance:
    return _generated(request.identifier, request.seed, request.level, request.arguments)[1]


def _verify(sample: Sample) -> Verdict:
    return get(sample.instance.id, **sample.arguments).verify(sample.instance, sample.output)


# For servers, which keep a problem in packed form and never unpack it


@dataclass(frozen=True, slots=True)
class Posed:
    """A problem ready to be shown; `packed` is what `judge` takes."""

    prompt: str
    packed: bytes


def pose(
    identifier: str, seed: int, level: int, answer_markers: tuple[str, str], arguments: Mapping[str, Any]
) -> Posed:
    """Generates one problem; errors as `generate_many` has them."""
    problem, instance = _generated(identifier, seed, level, {**arguments, "answer_markers": answer_markers})
    return Posed(problem.prompt(instance), pickle.dumps((problem, instance)))


def pack(instance: Instance, answer_markers: tuple[str, str], arguments: Mapping[str, Any]) -> bytes:
    """An instance from elsewhere, packed; raises what `problems.get` raises."""
    return pickle.dumps((get(instance.id, answer_markers=answer_markers, **arguments), instance))


def judge(packed: bytes, outputs: Sequence[str]) -> list[Verdict]:
    """The verdicts on outputs.

    Raises:
        ParameterError: for an instance from elsewhere that the problem cannot judge by.
    """
    problem, instance = pickle.loads(packed)
    try:
        return [problem.verify(instance, output) for output in outputs]
    except MemoryError:
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise ParameterError(f"{instance.id} cannot judge by this parameter: {reason}") from error


def _generated(identifier: str, seed: int, level: int, arguments: Mapping[str, Any]) -> tuple[Any, Instance]:
    """What goes wrong inside a problem is told as a GenerationError, whatever it was."""
    problem = get(identifier, **arguments)
    try:
        return problem, problem.generate(seed, level)
    except (GenerationError, ParameterError, MemoryError):
        raise
    except Exception as error:
        raise GenerationError(f"{identifier} failed with {type(error).__name__}: {error}") from error
