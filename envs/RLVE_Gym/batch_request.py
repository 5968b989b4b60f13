"""`POST /verify_batch`, the client's side."""

import asyncio
import json
import threading
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import httpx

from openenv.core.client.open_socket import is_loopback
from openenv.core.errors import EnvConnectionError, EnvTimeoutError, ServerError, error_for_code
from openenv.core.utils import convert_to_http_url

if TYPE_CHECKING or __package__:
    from .models import RlveGymBatchItem, RlveGymBatchRequest, RlveGymBatchResponse, RlveGymBatchResult
else:  # imported from the environment's own directory
    from models import RlveGymBatchItem, RlveGymBatchRequest, RlveGymBatchResponse, RlveGymBatchResult


class BatchRequest:
    """One request; its arguments are checked when it is made. See `RlveGymEnv.verify_batch`."""

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str],
        connect_timeout_s: float,
        timeout_s: float,
        items: Iterable[RlveGymBatchItem | Mapping[str, Any]],
    ) -> None:
        if base_url.startswith("local:"):
            raise RuntimeError("this client has no server: use RLVE_Gym.problems.batch.verify_many instead")
        self._url = f"{convert_to_http_url(base_url)}/verify_batch"
        self._headers = headers
        self._timeout = httpx.Timeout(timeout_s, connect=connect_timeout_s)
        self._body = RlveGymBatchRequest.model_validate({"items": list(items)}).model_dump_json(exclude_unset=True)

    def results(self) -> Sequence[RlveGymBatchResult]:
        """The reply's results; where an event loop runs in this thread, on their way.

        Raises:
            EnvConnectionError, EnvTimeoutError, ServerError: if there are none.
        """
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return self._send()
        return PendingResults(self._send)

    def _send(self) -> list[RlveGymBatchResult]:
        trust_env = not is_loopback(httpx.URL(self._url).host)  # a proxy cannot reach this machine's loopback
        headers = {**self._headers, "Content-Type": "application/json"}
        try:
            with httpx.Client(timeout=self._timeout, trust_env=trust_env) as client:
                reply = client.post(self._url, content=self._body, headers=headers)
        except httpx.TimeoutException as error:
            raise EnvTimeoutError(f"{self._url} did not reply in time ({type(error).__name__})") from None
        except httpx.TransportError as error:
            raise EnvConnectionError(f"Failed to connect to {self._url}: {error}") from None
        if reply.status_code != httpx.codes.OK:
            raise _refusal(reply)
        return RlveGymBatchResponse.model_validate_json(reply.content).results


class PendingResults(Sequence[RlveGymBatchResult]):
    """Results on their way: await them, or use them as the list they will be, and block."""

    def __init__(self, send: Callable[[], list[RlveGymBatchResult]]) -> None:
        self._results: Future[list[RlveGymBatchResult]] = Future()

        def run() -> None:
            try:
                self._results.set_result(send())
            except Exception as error:
                self._results.set_exception(error)

        threading.Thread(target=run, name="rlve-gym-verify-batch", daemon=True).start()

    def __await__(self) -> Generator[Any, None, list[RlveGymBatchResult]]:
        return asyncio.shield(asyncio.wrap_future(self._results)).__await__()

    def __getitem__(self, index: Any) -> Any:
        return self._results.result()[index]

    def __len__(self) -> int:
        return len(self._results.result())

    def __eq__(self, other: object) -> bool:
        return self is other or self._results.result() == other

    __hash__ = object.__hash__


def _refusal(reply: httpx.Response) -> ServerError:
    """The typed error that a reply tells of."""
    try:
        body = json.loads(reply.text)
    except ValueError:
        body = {}
    detail = body.get("detail") if isinstance(body, dict) else None
    if reply.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
        return error_for_code(f"invalid batch: {detail}", "VALIDATION_ERROR", {"errors": detail})
    code = body.get("code") if isinstance(body, dict) else None
    return error_for_code(str(detail or reply.reason_phrase), str(code or f"HTTP_{reply.status_code}"))
