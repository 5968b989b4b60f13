"""A language model behind an API as a model step."""

from typing import TYPE_CHECKING, Any, Final

from ..tools import mcp_form
from ..types import Message, ModelStep, ModelStepResult

if TYPE_CHECKING:
    from ...env_server.mcp_types import Tool
    from ...llm_client import LLMClient

# A loop of its own: a client that blocks in it must not delay the sockets of the environments.
_LOOP: Final = "openenv-llm"


def build_model_step(llm_client: "LLMClient", *, system_prompt: str | None = None) -> ModelStep:
    """A model step that asks ``llm_client``. It blocks, and may be called from any thread.

    All calls run on one event loop, as the connections that a client keeps open belong to one. APIs give no tokens,
    so the results have none.

    Args:
        system_prompt: put before conversations that have none.
    """

    def model_step(messages: list[Message], tools: "list[Tool]", sampling: dict[str, Any]) -> ModelStepResult:
        from ...client.loop import shared_loop

        if system_prompt is not None and not any(message.get("role") == "system" for message in messages):
            messages = [{"role": "system", "content": system_prompt}, *messages]
        listed = [mcp_form(tool) for tool in tools]
        asked = shared_loop(_LOOP).spawn(llm_client.complete_with_tools(messages=messages, tools=listed, **sampling))
        try:
            return ModelStepResult(asked.result())
        except BaseException:
            asked.cancel()  # interrupted while waiting
            raise

    return model_step
