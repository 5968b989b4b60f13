"""Language models behind an API as model steps."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from openenv.core.env_server.mcp_types import Tool
from openenv.core.harness import HarnessRunLimits, MCPHarnessAdapter
from openenv.core.harness.collect import build_model_step
from openenv.core.llm_client import LLMClient, LLMResponse, OpenAIClient
from tests.core.harness.play import echo_session
from tests.core.test_llm_client import ModelServer

TOOLS = [Tool(name="t", description="d", input_schema={"type": "object"})]


@pytest.fixture
def model_server() -> Iterator[ModelServer]:
    server = ModelServer()
    yield server
    server.stop()


def reply(content: str, *calls: dict[str, Any]) -> dict[str, Any]:
    message = {"role": "assistant", "content": content, **({"tool_calls": list(calls)} if calls else {})}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {"id": "r", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]}


class Recorder(LLMClient):
    """Keeps what it was asked, and on which thread."""

    def __init__(self) -> None:
        super().__init__("http://localhost", 1)
        self.asked: list[dict[str, Any]] = []
        self.threads: set[str] = set()

    async def complete(self, prompt: str, **kwargs: Any) -> str:
        raise NotImplementedError

    async def complete_with_tools(self, messages: Any, tools: Any, **kwargs: Any) -> LLMResponse:
        self.asked.append({"messages": messages, "tools": tools, **kwargs})
        self.threads.add(threading.current_thread().name)
        if kwargs.get("fail"):
            raise RuntimeError("the model is out")
        return LLMResponse("fine")


def test_a_real_client_plays_a_real_environment(echo_url: str, model_server: ModelServer) -> None:
    pytest.importorskip("openai", reason="the extra openenv[openai] is not installed")
    call = {"id": "c1", "type": "function", "function": {"name": "echo_message", "arguments": '{"message": "abc"}'}}
    model_server.replies += [reply("", call), reply("that is it")]
    session = echo_session(echo_url)
    model_step = build_model_step(OpenAIClient("http://127.0.0.1", model_server.port, "m"), system_prompt="Be brief.")
    rollout = MCPHarnessAdapter().run_white_box(model_step, session, HarnessRunLimits(sampling={"temperature": 0.7}))
    assert session.verify(rollout.messages).env_reward == pytest.approx(0.3)
    session.close()
    assert rollout.messages[-1]["content"] == "that is it"
    (_, first, _), (_, second, _) = model_server.requests
    assert first["temperature"] == 0.7
    assert first["messages"][0] == {"role": "system", "content": "Be brief."}
    assert [tool["function"]["name"] for tool in first["tools"]] == ["echo_message", "echo_with_length"]
    assert [message["role"] for message in second["messages"]] == ["system", "user", "assistant", "tool"]


def test_what_the_client_is_asked() -> None:
    client = Recorder()
    step = build_model_step(client)([{"role": "user", "content": "x"}], TOOLS, {"top_p": 0.5})
    assert step.response == LLMResponse("fine")
    assert (step.prompt_ids, step.completion_ids, step.logprobs) == ([], [], [])
    assert client.asked == [
        {
            "messages": [{"role": "user", "content": "x"}],
            "tools": [{"name": "t", "description": "d", "inputSchema": {"type": "object"}}],
            "top_p": 0.5,
        }
    ]


def test_a_system_prompt_is_added_where_there_is_none() -> None:
    client, messages = Recorder(), [{"role": "user", "content": "x"}]
    model_step = build_model_step(client, system_prompt="S")
    model_step(messages, [], {})
    model_step([{"role": "system", "content": "mine"}, *messages], [], {})
    assert [asked["messages"][0]["content"] for asked in client.asked] == ["S", "mine"]
    assert len(messages) == 1


def test_its_errors_are_the_clients() -> None:
    with pytest.raises(RuntimeError, match="the model is out"):
        build_model_step(Recorder())([], [], {"fail": True})


def test_all_calls_run_on_one_loop_whatever_thread_they_come_from() -> None:
    client = Recorder()
    model_step = build_model_step(client)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: model_step([], [], {}), range(8)))
    assert len(client.asked) == 8
    assert client.threads == {"openenv-llm"}


async def test_it_blocks_inside_an_event_loop_too() -> None:
    assert build_model_step(Recorder())([], [], {}).response.content == "fine"
