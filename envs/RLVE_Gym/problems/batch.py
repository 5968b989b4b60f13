"""Many problems at once, on all cores, in worker processes: each within a hard limit, the rest unharmed.

What fails stands in its place in the list of results, as the exception it raised.
"""

import os
import pickle
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from openenv.core.worker_pool import WorkerError, WorkerPool

from .kit.errors import GenerationError
from .kit.instance import Instance, Verdict
from .registry import get

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

GENERATION_TIMEOUT_S: Final = 10.0
VERIFICATION_TIMEOUT_S: Final = 5.0

_LARGEST_CHUNK: Final = 64


@dataclass(frozen=True, slots=True)
class Request:
    """A problem to generate: identifier, seed, level, and overridden arguments of the problem."""

    identifier: str
    seed: int
    level: int
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sample:
    """An output to judge, and the instance it is for."""

    instance: Instance
    output: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


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
        pool: worker processes to use; by default ones of its own, one per core, which take half a second to start.

    Returns:
        An instance per request, or the error: GenerationError, ParameterError, UnknownProblem, TypeError or
        ValueError for wrong arguments, WorkerTimeoutError, WorkerDiedError.
    """
    items = [request if isinstance(request, Request) else Request(*request) for request in requests]
    return _in_chunks(_generate, items, timeout_s, pool)


def verify_many(
    samples: Iterable[Sample | tuple[Instance, str]],
    *,
    answer_markers: tuple[str, str] | None = None,
    timeout_s: float = VERIFICATION_TIMEOUT_S,
    pool: WorkerPool | None = None,
) -> list[Verdict | Exception]:
    """Judges outputs, in the order of the samples.

    Args:
        samples: samples, or tuples (instance, output).
        answer_markers: as for a problem.
        timeout_s: the limit of one verdict, in seconds.
        pool: as for `generate_many`.

    Returns:
        A verdict per sample, or the error, as `generate_many` has them.
    """
    items = [(sample if isinstance(sample, Sample) else Sample(*sample), answer_markers) for sample in samples]
    return _in_chunks(_verify, items, timeout_s, pool)


# For servers, which hold what they need in packed form and never unpack it


@dataclass(frozen=True, slots=True)
class Posed:
    """A problem ready to be shown; `packed` is the problem and the instance for `judge_packed`."""

    prompt: str
    packed: bytes


def pose(
    identifier: str, seed: int, level: int, answer_markers: tuple[str, str], arguments: Mapping[str, Any]
) -> Posed:
    """Generates one problem. Raises GenerationError, whatever goes wrong in it, besides what wrong arguments raise."""
    problem = get(identifier, answer_markers=answer_markers, **arguments)
    instance = _as_generation(identifier, lambda: problem.generate(seed, level))
    return Posed(problem.prompt(instance), pickle.dumps((problem, instance)))


def pack(instance: Instance, answer_markers: tuple[str, str], arguments: Mapping[str, Any]) -> bytes:
    """An instance from elsewhere in the packed form; raises what wrong arguments raise."""
    return pickle.dumps((get(instance.id, answer_markers=answer_markers, **arguments), instance))


def judge_packed(packed: bytes, outputs: Sequence[str]) -> list[Verdict]:
    """The verdicts on outputs."""
    problem, instance = pickle.loads(packed)
    return [problem.verify(instance, output) for output in outputs]


# In the workers


def _generate(request: Request) -> Instance:
    problem = get(request.identifier, **request.arguments)
    return _as_generation(request.identifier, lambda: problem.generate(request.seed, request.level))


def _verify(item: tuple[Sample, tuple[str, str] | None]) -> Verdict:
    sample, markers = item
    problem = get(sample.instance.id, answer_markers=markers, **sample.arguments)
    return problem.verify(sample.instance, sample.output)


def _as_generation(identifier: str, generate: Callable[[], Instance]) -> Instance:
    """What a problem raises that is no error of the kit's is an error of the problem's: a GenerationError, too."""
    try:
        return generate()
    except (GenerationError, ValueError):
        raise
    except Exception as error:
        raise GenerationError(f"{identifier} failed: {type(error).__name__}: {error}") from error


def _each(work: Callable[[Item], Outcome], items: Sequence[Item]) -> list[Outcome | Exception]:
    outcomes: list[Outcome | Exception] = []
    for item in items:
        try:
            outcomes.append(work(item))
        except Exception as error:
            outcomes.append(error)
    return outcomes


# In this process


def _in_chunks(
    work: Callable[[Item], Outcome], items: Sequence[Item], timeout_s: float, pool: WorkerPool | None
) -> list[Outcome | Exception]:
    """Runs `work` on every item; many items travel to a worker together, because a trip costs more than most work.

    A chunk has the limit of a single item. One that passes it, or whose worker dies, is taken apart: each of its
    items runs again, alone, so that only the guilty one fails.
    """
    if not items:
        return []
    cores = os.cpu_count() or 1
    size = max(1, min(_LARGEST_CHUNK, len(items) // (4 * cores)))
    chunks = [items[start : start + size] for start in range(0, len(items), size)]
    outcomes: list[Outcome | Exception] = []
    with nullcontext(pool) if pool is not None else WorkerPool(min(cores, len(chunks))) as workers:
        futures = [workers.submit(_each, work, chunk, timeout_s=timeout_s) for chunk in chunks]
        for chunk, future in zip(chunks, futures, strict=True):
            if len(chunk) == 1 or not isinstance(future.exception(), WorkerError):
                outcomes += _settled(future, len(chunk))
            else:
                alone = [workers.submit(_each, work, [item], timeout_s=timeout_s) for item in chunk]
                outcomes += [outcome for single in alone for outcome in _settled(single, 1)]
    return outcomes


def _settled(future: "Future[list[Outcome | Exception]]", count: int) -> list[Outcome | Exception]:
    error = future.exception()
    if error is None:
        return future.result()
    if not isinstance(error, Exception):
        raise error
    return [error] * count
