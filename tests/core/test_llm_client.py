import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from openenv.core.env_server.mcp_types import Tool
from openenv.core.llm_client import (
    AnthropicClient,
    LLMClient,
    LLMResponse,
    OpenAIClient,
    ToolCall,
    create_llm_client,
)
from openenv.core.rubrics import LLMJudge


class ModelServer:
    """A real HTTP server that gives the replies it was told to and keeps the requests."""

    def __init__(self) -> None:
        self.replies: list[dict[str, Any]] = []
        self.requests: list[tuple[str, dict[str, Any], dict[str, str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.requests.append((self.path, body, {k.lower(): v for k, v in self.headers.items()}))
                reply = json.dumps(outer.replies.pop(0)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *args: Any) -> None:
                """Keep the test output clean."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[ModelServer]:
    server = ModelServer()
    yield server
    server.stop()


def chat_reply(content: str | None, tool_calls: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    message = {"role": "assistant", "content": content, "tool_calls": tool_calls}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]}


def messages_reply(*blocks: dict[str, Any]) -> dict[str, Any]:
    usage = {"input_tokens": 1, "output_tokens": 1}
    reply = {"id": "1", "type": "message", "role": "assistant", "model": "m", "content": list(blocks)}
    return {**reply, "stop_reason": "end_turn", "stop_sequence": None, "usage": usage}


TOOL = Tool(name="add", description="Add", input_schema={"type": "object", "properties": {"a": {"type": "integer"}}})
CONVERSATION = [
    {"role": "system", "content": "Be exact."},
    {"role": "user", "content": "1 + 2, 3 + 4"},
    LLMResponse("Adding.", [ToolCall("c1", "add", {"a": 1}), ToolCall("c2", "add", {"a": 3})]).to_message_dict(),
    {"role": "tool", "tool_call_id": "c1", "content": "3"},
    {"role": "tool", "tool_call_id": "c2", "content": "7"},
]


class TestOpenAI:
    @pytest.fixture(autouse=True)
    def _library(self) -> None:
        pytest.importorskip("openai", reason="the extra openenv[openai] is not installed")

    async def test_complete(self, server: ModelServer) -> None:
        server.replies.append(chat_reply("Hello"))
        client = OpenAIClient("http://127.0.0.1", server.port, "m", system_prompt="Be kind.")
        assert await client.complete("Hi", temperature=0.5) == "Hello"
        path, body, headers = server.requests[0]
        assert path == "/v1/chat/completions"
        assert body["messages"] == [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "Hi"},
        ]
        assert (body["model"], body["temperature"], body["max_tokens"]) == ("m", 0.5, 256)
        assert headers["authorization"] == "Bearer not-needed"

    async def test_no_key_of_the_environment_is_sent(
        self, server: ModelServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OPENAI_API_KEY", "secret")
        server.replies.append(chat_reply("Hello"))
        await OpenAIClient("http://127.0.0.1", server.port, "m").complete("Hi")
        assert "secret" not in server.requests[0][2]["authorization"]

    async def test_a_path_is_kept_and_the_limit_renamed(self, server: ModelServer) -> None:
        server.replies.append(chat_reply(None))
        endpoint = "http://127.0.0.1/openai/v2/"
        client = OpenAIClient(endpoint, server.port, "m", "key", max_tokens=7, use_max_completion_tokens=True)
        assert await client.complete("Hi") == ""
        path, body, headers = server.requests[0]
        assert path == "/openai/v2/chat/completions"
        assert body["max_completion_tokens"] == 7
        assert "max_tokens" not in body
        assert headers["authorization"] == "Bearer key"

    async def test_tools(self, server: ModelServer) -> None:
        call = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
        server.replies.append(chat_reply(None, [call]))
        client = OpenAIClient("http://127.0.0.1", server.port, "m")
        response = await client.complete_with_tools(CONVERSATION, [TOOL, TOOL.model_dump()])
        assert response == LLMResponse("", [ToolCall("c1", "add", {"a": 1})])
        body = server.requests[0][1]
        assert body["messages"] == CONVERSATION
        function = {"name": "add", "description": "Add", "parameters": TOOL.input_schema}
        assert body["tools"] == [{"type": "function", "function": function}] * 2

    async def test_arguments_that_are_no_object(self, server: ModelServer) -> None:
        call = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": "[1]"}}
        server.replies.append(chat_reply(None, [call]))
        with pytest.raises(ValueError, match="no object"):
            await OpenAIClient("http://127.0.0.1", server.port, "m").complete_with_tools(CONVERSATION, [TOOL])

    async def test_a_judge_asks_it(self, server: ModelServer) -> None:
        server.replies.append(chat_reply("Score: 0.5"))
        judge = LLMJudge("Rate {action}", OpenAIClient("http://127.0.0.1", server.port, "m"))
        assert await judge.forward("this", None) == 0.5
        assert server.requests[0][1]["messages"] == [{"role": "user", "content": "Rate this"}]


class TestAnthropic:
    @pytest.fixture(autouse=True)
    def _library(self) -> None:
        pytest.importorskip("anthropic", reason="the extra openenv[anthropic] is not installed")

    async def test_complete(self, server: ModelServer) -> None:
        server.replies.append(messages_reply({"type": "text", "text": "Hello"}))
        client = AnthropicClient("http://127.0.0.1", server.port, "m", "key", system_prompt="Be kind.")
        assert await client.complete("Hi") == "Hello"
        path, body, headers = server.requests[0]
        assert path == "/v1/messages"
        assert body["messages"] == [{"role": "user", "content": "Hi"}]
        assert (body["system"], body["max_tokens"]) == ("Be kind.", 256)
        assert headers.get("x-api-key", headers.get("authorization", "")).endswith("key"), headers

    async def test_temperature(self, server: ModelServer) -> None:
        server.replies.append(messages_reply({"type": "text", "text": "Hello"}))
        client = AnthropicClient("http://127.0.0.1", server.port, "m", "key", temperature=0.5)
        await client.complete("Hi")
        assert server.requests[0][1]["temperature"] == 0.5

    async def test_tools(self, server: ModelServer) -> None:
        call = {"type": "tool_use", "id": "c3", "name": "add", "input": {"a": 3}}
        server.replies.append(messages_reply({"type": "text", "text": "So: "}, call))
        client = AnthropicClient("http://127.0.0.1", server.port, "m", "key")
        response = await client.complete_with_tools(CONVERSATION, [TOOL])
        assert response == LLMResponse("So: ", [ToolCall("c3", "add", {"a": 3})])
        body = server.requests[0][1]
        assert body["system"] == "Be exact."
        assert body["tools"] == [{"name": "add", "description": "Add", "input_schema": TOOL.input_schema}]
        assert body["messages"] == [
            {"role": "user", "content": "1 + 2, 3 + 4"},
            {
                "role": "assistant",
                "content": [
                    {"type": "text", "text": "Adding."},
                    {"type": "tool_use", "id": "c1", "name": "add", "input": {"a": 1}},
                    {"type": "tool_use", "id": "c2", "name": "add", "input": {"a": 3}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "c1", "content": "3"},
                    {"type": "tool_result", "tool_use_id": "c2", "content": "7"},
                ],
            },
        ]


def test_create_llm_client() -> None:
    pytest.importorskip("openai", reason="the extra openenv[openai] is not installed")
    client = create_llm_client("openai", "m", "key", max_tokens=9)
    assert isinstance(client, OpenAIClient)
    assert (client.base_url, client.max_tokens) == ("https://api.openai.com:443", 9)
    with pytest.raises(ValueError, match="unknown provider 'other': use one of openai, anthropic"):
        create_llm_client("other", "m", "key")


@pytest.mark.parametrize("library", ["openai", "anthropic"])
def test_a_missing_library_is_named(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, library, None)  # import_module then raises
    with pytest.raises(ImportError, match=rf"pip install 'openenv\[{library}\]'"):
        create_llm_client(library, "m", "key")


class Echo(LLMClient):
    async def complete(self, prompt: str, **kwargs: Any) -> str:
        return prompt


async def test_clients_of_ones_own() -> None:
    client = Echo("http://localhost/api", 8000)
    assert client.base_url == "http://localhost:8000/api"
    assert await client.complete("hi") == "hi"
    with pytest.raises(NotImplementedError, match="Echo does not call tools"):
        await client.complete_with_tools([], [])
    with pytest.raises(ValueError, match="endpoint must be a URL"):
        _ = Echo("localhost", 1).base_url


def test_messages() -> None:
    assert LLMResponse("hi").to_message_dict() == {"role": "assistant", "content": "hi"}
    message = LLMResponse("", [ToolCall("1", "f", {"x": 1})]).to_message_dict()
    assert message["tool_calls"] == [
        {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}
    ]
