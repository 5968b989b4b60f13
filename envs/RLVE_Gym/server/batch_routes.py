"""`POST /verify_batch`: many outputs of many problems judged at once, without a session."""

import asyncio
from typing import Any, Final

from fastapi import APIRouter

from openenv.core.env_server.http_routes import json_response
from openenv.core.env_server.types import ErrorResponse, WSErrorCode
from openenv.core.workers import WorkerTimeoutError

from .arrival import arrival
from .configuration import Configuration, Episode
from .gym import Gym
from .parts import (
    RlveGymBatchError,
    RlveGymBatchItem,
    RlveGymBatchRequest,
    RlveGymBatchResponse,
    RlveGymBatchResult,
    RlveGymVerdict,
    batch,
    problems,
)
from .selection import ConfigurationError

TOO_LARGE: Final = 413

_CHUNK: Final = 32  # outputs judged in one call
_TURNS: Final = 16  # calls under way at a time


def batch_routes(gym: Gym) -> APIRouter:
    """The route, with the workers of `gym`."""
    router = APIRouter(tags=["Batch"])
    judge = BatchJudge(gym)

    @router.post(
        "/verify_batch",
        response_model=RlveGymBatchResponse,
        responses={TOO_LARGE: {"model": ErrorResponse, "description": "More outputs than one request may hold"}},
        summary="Judge many outputs of many problems",
    )
    async def verify_batch(body: RlveGymBatchRequest) -> Any:
        """A result per item, in their order; what fails says why in its place."""
        count, most = sum(len(item.outputs) for item in body.items), gym.settings.max_batch_outputs
        if count > most:
            detail = f"{count} outputs in one request; at most {most} are taken (RLVE_GYM_MAX_BATCH_OUTPUTS)"
            return json_response({"detail": detail, "code": WSErrorCode.VALIDATION_ERROR.value}, TOO_LARGE)
        results = await asyncio.gather(*(judge.result(item) for item in body.items))
        return json_response({"results": [result.model_dump(exclude_none=True) for result in results]})

    return router


class BatchJudge:
    """Judges the items of all requests, a bounded number at a time, so that sessions are not kept waiting."""

    def __init__(self, gym: Gym) -> None:
        self._gym = gym
        self._turns = asyncio.Semaphore(_TURNS)

    async def result(self, item: RlveGymBatchItem) -> RlveGymBatchResult:
        """What becomes of an item."""
        try:
            async with self._turns:
                packed = await self._packed(item)
        except Exception as error:
            return RlveGymBatchResult(error=_told(error))
        chunks = [item.outputs[start : start + _CHUNK] for start in range(0, len(item.outputs), _CHUNK)]
        judged = await asyncio.gather(*(self._judged(packed, chunk) for chunk in chunks))
        return RlveGymBatchResult(verifier_results=[verdict for verdicts in judged for verdict in verdicts])

    async def _judged(self, packed: bytes, outputs: list[str]) -> list[RlveGymVerdict | RlveGymBatchError]:
        """The verdicts on outputs, each within the limit of one."""
        async with self._turns:
            future = self._gym.workshop.judge(packed, outputs)
            await arrival(future)
        error = future.exception()
        if error is None:
            return [RlveGymVerdict(**verdict.to_dict()) for verdict in future.result()]
        if len(outputs) == 1:
            return [_told(error)]
        # One of them is the cause, and only that one shall fail.
        alone = await asyncio.gather(*(self._judged(packed, [output]) for output in outputs))
        return [verdict for verdicts in alone for verdict in verdicts]

    async def _packed(self, item: RlveGymBatchItem) -> bytes:
        """The item's problem as judges take it."""
        problem = await asyncio.to_thread(_problem_of, item)
        if isinstance(problem, bytes):
            return problem
        order = self._gym.workshop.order(problem)
        try:
            await arrival(order.future)
        except asyncio.CancelledError:
            order.cancel()
            raise
        return order.future.result().packed


def _problem_of(item: RlveGymBatchItem) -> bytes | Episode:
    """The instance in the item, packed; or the episode to generate it from.

    Raises:
        UnknownProblem, ConfigurationError: for an item that names what there is not.
    """
    identifier = problems.entry(item.environment_identifier).identifier
    level, seed = item.level or 0, item.seed or 0
    configuration = Configuration.of(identifier, level, item.answer_markers, {identifier: item.arguments})
    if item.parameter is None:
        return configuration.episode(identifier, seed, level)
    instance = problems.Instance(identifier, seed, item.level, item.parameter)
    return batch.pack(instance, configuration.answer_markers, item.arguments)


def _told(error: BaseException) -> RlveGymBatchError:
    if isinstance(error, WorkerTimeoutError):
        code = WSErrorCode.TIMEOUT
    elif isinstance(error, problems.UnknownProblem | problems.ParameterError | ConfigurationError):
        code = WSErrorCode.VALIDATION_ERROR
    else:
        code = WSErrorCode.EXECUTION_ERROR
    return RlveGymBatchError(code=code.value, message=str(error) or type(error).__name__)
