"""The client of RLVE_Gym."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from openenv.core.client_types import StepResult
from openenv.core.env_client import EnvClient

if TYPE_CHECKING or __package__:
    from .models import RlveGymAction, RlveGymBatchItem, RlveGymBatchResult, RlveGymObservation, RlveGymState
else:  # imported from the environment's own directory
    from models import RlveGymAction, RlveGymBatchItem, RlveGymBatchResult, RlveGymObservation, RlveGymState

if TYPE_CHECKING:
    from .problems.rlve import Environment


class RlveGymEnv(EnvClient[RlveGymAction, RlveGymObservation, RlveGymState]):
    """Plays RLVE_Gym: ``reset()``, ``step(RlveGymAction(output=...))``, ``state()``; blocking, or awaited.

    ``reset`` takes ``environment_identifier``, ``difficulty``, ``seed``, ``answer_markers`` and ``arguments`` for the
    episode it starts.
    """

    _known: "tuple[tuple[Any, ...], Environment] | None" = None

    @property
    def problem(self) -> "Environment":
        """The problem posed, with its reference answer: ``problem.parameter["reference_answer"]``. Blocks.

        The answer does not travel: the problem is generated again here, which takes a while at high levels.

        Raises:
            RuntimeError: if no problem is posed.
        """
        state = self.sync().state()
        identity = (state.environment_identifier, state.problem_seed, state.level)
        if None in identity:
            raise RuntimeError("no problem is posed: call reset() first, and see whether its observation says success")
        key = (*identity, state.answer_markers, repr(sorted(state.arguments.items())))
        if self._known is None or self._known[0] != key:
            self._known = key, _generated(*identity, state.answer_markers, state.arguments)
        return self._known[1]

    def verify_batch(
        self, items: Iterable[RlveGymBatchItem | Mapping[str, Any]], *, timeout_s: float = 300.0
    ) -> "Sequence[RlveGymBatchResult]":
        """Have many outputs of many problems judged at once, without a session: what reward functions need.

        Args:
            items: problems and outputs; mappings have the fields of :class:`RlveGymBatchItem`.
            timeout_s: how long the reply may take, in seconds.

        Returns:
            A result per item, in their order (where an event loop runs: on their way; await them, or use them and
            block).

        Raises:
            pydantic.ValidationError: for an item that is none.
            ServerError: what the server refuses, typed after the reason.
            EnvConnectionError, EnvTimeoutError: if the server cannot be reached, or does not reply in time.
            RuntimeError: for a client without a server; use ``RLVE_Gym.problems.batch.verify_many`` there.
        """
        if TYPE_CHECKING or __package__:
            from .batch_request import BatchRequest
        else:
            from batch_request import BatchRequest

        if not self._base_url:
            self.sync().connect()  # starts the server that this client runs
        request = BatchRequest(self._base_url, self._headers, self._connect_timeout_s, timeout_s, items)
        return request.results()

    def _step_payload(self, action: RlveGymAction) -> dict[str, Any]:
        return action.model_dump(exclude_defaults=True)

    def _parse_result(self, payload: dict[str, Any]) -> StepResult[RlveGymObservation]:
        reward, done = payload.get("reward"), payload.get("done", False)
        observation = RlveGymObservation(**payload["observation"], reward=reward, done=done)
        return StepResult(observation=observation, reward=reward, done=done, metadata=observation.metadata)

    def _parse_state(self, payload: dict[str, Any]) -> RlveGymState:
        return RlveGymState(**payload)


def _generated(
    identifier: Any, seed: Any, level: Any, answer_markers: tuple[str, str], arguments: dict[str, Any]
) -> "Environment":
    if TYPE_CHECKING or __package__:
        from .problems import get, identifier2environment
    else:
        from problems import get, identifier2environment

    instance = get(identifier, **arguments).generate(seed, level)
    problem = identifier2environment[identifier](answer_markers, **arguments)
    problem.set_config(instance.to_dict())
    return problem
