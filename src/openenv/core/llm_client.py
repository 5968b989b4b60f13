"""Clients of language models, for judges and agents: one interface over the OpenAI and Anthropic libraries.

Those libraries are imported when a client is made; they come with the extras ``openenv[openai]`` and
``openenv[anthropic]``.
"""

import inspect
import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Final
from urllib.parse import urlsplit

_NO_KEY: Final = "not-needed"  # local servers ask for none, but the libraries refuse to start without one


@dataclass
class ToolCall:
    """A tool the model wants called, with its arguments."""

    id: str
    name: str
    args: dict[str, Any]


@dataclass
class LLMResponse:
    """What the model said: text, tool calls, or both."""

    content: str
    tool_calls: list[ToolCall] = field(default_factory=list)

    def to_message_dict(self) -> dict[str, Any]:
        """As an assistant message of the chat-completions form, to append to the conversation."""
        message: dict[str, Any] = {"role": "assistant", "content": self.content}
        if self.tool_calls:
            message["tool_calls"] = [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {"name": call.name, "arguments": json.dumps(call.args)},
                }
                for call in self.tool_calls
            ]
        return message


class LLMClient(ABC):
    """A language model at ``endpoint:port``."""

    def __init__(self, endpoint: str, port: int) -> None:
        self.endpoint = endpoint
        self.port = port

    @property
    def base_url(self) -> str:
        """``endpoint`` with the port, before its path if it has one."""
        parts = urlsplit(self.endpoint)
        if not parts.netloc:
            raise ValueError(f"endpoint must be a URL such as http://localhost, got {self.endpoint!r}")
        return parts._replace(netloc=f"{parts.netloc}:{self.port}").geturl().rstrip("/")

    @abstractmethod
    async def complete(self, prompt: str, **kwargs: Any) -> str:
        """The model's reply to one prompt. ``kwargs`` go to the library, such as ``temperature``."""

    async def complete_with_tools(
        self, messages: list[dict[str, Any]], tools: Iterable[Any], **kwargs: Any
    ) -> LLMResponse:
        """The model's next turn in a conversation in which it may call tools.

        Args:
            messages: in the chat-completions form, as :meth:`LLMResponse.to_message_dict` writes them.
            tools: :class:`~openenv.core.env_server.mcp_types.Tool` objects, their dictionaries (``name``,
                ``description``, ``input_schema`` or ``inputSchema``), or the chat-completions form.
        """
        raise NotImplementedError(f"{type(self).__name__} does not call tools")


class OpenAIClient(LLMClient):
    """A server that speaks the chat-completions form: OpenAI's, vLLM, SGLang, Ollama, ...

    Args:
        endpoint: URL of the host; ``/v1`` is appended where it has no path.
        api_key: sent as it is; without one a placeholder is sent, never a key found in the environment.
        use_max_completion_tokens: name the limit ``max_completion_tokens``, as newer models ask for.

    Raises:
        ImportError: if the ``openai`` library is missing.
    """

    def __init__(
        self,
        endpoint: str,
        port: int,
        model: str,
        api_key: str | None = None,
        system_prompt: str | None = None,
        temperature: float = 0.0,
        max_tokens: int = 256,
        use_max_completion_tokens: bool = False,
    ) -> None:
        super().__init__(endpoint, port)
        self.model = model
        self.system_prompt = system_prompt
        self.temperature = temperature
        self.max_tokens = max_tokens
        self.use_max_completion_tokens = use_max_completion_tokens
        url = self.base_url if urlsplit(endpoint).path.strip("/") else f"{self.base_url}/v1"
        self._client = _library("openai").AsyncOpenAI(base_url=url, api_key=api_key or _NO_KEY)

    async def complete(self, prompt: str, **kwargs: Any) -> str:
        return (await self._chat([{"role": "user", "content": prompt}], kwargs)).content

    async def complete_with_tools(
        self, messages: list[dict[str, Any]], tools: Iterable[Any], **kwargs: Any
    ) -> LLMResponse:
        functions = [{"type": "function", "function": _function(tool, "parameters")} for tool in tools]
        return await self._chat(messages, {**({"tools": functions} if functions else {}), **kwargs})

    async def _chat(self, messages: list[dict[str, Any]], kwargs: dict[str, Any]) -> LLMResponse:
        limit = "max_completion_tokens" if self.use_max_completion_tokens else "max_tokens"
        if self.system_prompt and not any(message["role"] == "system" for message in messages):
            messages = [{"role": "system", "content": self.system_prompt}, *messages]
        request = {limit: self.max_tokens, "temperature": self.temperature, **kwargs}
        reply: Any = await self._client.chat.completions.create(model=self.model, messages=messages, **request)
        message = reply.choices[0].message
        calls = [
            ToolCall(call.id, call.function.name, _arguments(call.function.arguments))
            for call in message.tool_calls or ()
        ]
        return LLMResponse(message.content or "", calls)


class AnthropicClient(LLMClient):
    """Anthropic's messages API.

    Raises:
        ImportError: if the ``anthropic`` library is missing.
    """

    def __init__(
        self,
        endpoint: str,
        port: int,
        model: str,
        api_key: str | None = None,
        system_prompt: str | None = None,
        temperature: float = 0.0,
        max_tokens: int = 256,
    ) -> None:
        super().__init__(endpoint, port)
        self.model = model
        self.system_prompt = system_prompt
        self.temperature = temperature
        self.max_tokens = max_tokens
        library = _library("anthropic")
        self._client = library.AsyncAnthropic(base_url=self.base_url, api_key=api_key or _NO_KEY)
        # Newer versions of the library, and the models behind them, know no temperature: there it is sent
        # only where it was asked for.
        self._takes_temperature = "temperature" in inspect.signature(self._client.messages.create).parameters

    async def complete(self, prompt: str, **kwargs: Any) -> str:
        return (await self._send([{"role": "user", "content": prompt}], kwargs)).content

    async def complete_with_tools(
        self, messages: list[dict[str, Any]], tools: Iterable[Any], **kwargs: Any
    ) -> LLMResponse:
        listed = [_function(tool, "input_schema") for tool in tools]
        return await self._send(messages, {**({"tools": listed} if listed else {}), **kwargs})

    async def _send(self, messages: list[dict[str, Any]], kwargs: dict[str, Any]) -> LLMResponse:
        system = "\n\n".join(message["content"] for message in messages if message["role"] == "system")
        system = system or self.system_prompt or ""
        request = {"max_tokens": self.max_tokens, "temperature": self.temperature, **kwargs}
        if system:
            request.setdefault("system", system)
        if not self._takes_temperature and (temperature := request.pop("temperature")):
            request["extra_body"] = {"temperature": temperature, **request.get("extra_body", {})}
        reply: Any = await self._client.messages.create(
            model=self.model, messages=_anthropic_messages(messages), **request
        )
        text = "".join(block.text for block in reply.content if block.type == "text")
        calls = [
            ToolCall(block.id, block.name, dict(block.input)) for block in reply.content if block.type == "tool_use"
        ]
        return LLMResponse(text, calls)


_PROVIDERS: Final[Mapping[str, tuple[type[OpenAIClient] | type[AnthropicClient], str]]] = {
    "openai": (OpenAIClient, "https://api.openai.com"),
    "anthropic": (AnthropicClient, "https://api.anthropic.com"),
}


def create_llm_client(
    provider: str,
    model: str,
    api_key: str,
    *,
    system_prompt: str | None = None,
    temperature: float = 0.0,
    max_tokens: int = 4096,
) -> LLMClient:
    """A client of a hosted model.

    Raises:
        ValueError: for a provider other than ``openai`` and ``anthropic``.
        ImportError: if its library is missing.
    """
    try:
        client_class, endpoint = _PROVIDERS[provider.lower()]
    except KeyError:
        raise ValueError(f"unknown provider {provider!r}: use one of {', '.join(_PROVIDERS)}") from None
    return client_class(
        endpoint,
        443,
        model,
        api_key,
        system_prompt=system_prompt,
        temperature=temperature,
        max_tokens=max_tokens,
    )


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        message = f"the {name} library is not installed: pip install 'openenv[{name}]'"
        raise ImportError(message, name=name) from error


def _function(tool: Any, schema_key: str) -> dict[str, Any]:
    """A tool's name, description and schema, the latter under ``schema_key``."""
    data = tool if isinstance(tool, Mapping) else tool.model_dump()
    data = data.get("function", data)
    schemas = (data.get(key) for key in ("parameters", "input_schema", "inputSchema"))
    schema = next((schema for schema in schemas if schema is not None), {"type": "object", "properties": {}})
    return {"name": data["name"], "description": data.get("description") or "", schema_key: schema}


def _arguments(text: str | None) -> dict[str, Any]:
    """A tool call's arguments; models write them, so they may be no JSON object.

    Raises:
        ValueError: then.
    """
    arguments = json.loads(text or "{}")
    if not isinstance(arguments, dict):
        raise ValueError(f"the model called a tool with arguments that are no object: {text!r}")
    return arguments


def _anthropic_messages(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """From the chat-completions form to the messages form: tool results become blocks of a user message."""
    converted: list[dict[str, Any]] = []
    for message in messages:
        role, content = message["role"], message.get("content") or ""
        if role == "system":
            continue
        if role == "tool":
            block = {"type": "tool_result", "tool_use_id": message["tool_call_id"], "content": content}
            if converted and converted[-1]["role"] == "user" and isinstance(converted[-1]["content"], list):
                converted[-1]["content"].append(block)
            else:
                converted.append({"role": "user", "content": [block]})
        elif message.get("tool_calls"):
            blocks: list[dict[str, Any]] = [{"type": "text", "text": content}] if content else []
            for call in message["tool_calls"]:
                function = call["function"]
                arguments = _arguments(function["arguments"])
                blocks.append({"type": "tool_use", "id": call["id"], "name": function["name"], "input": arguments})
            converted.append({"role": role, "content": blocks})
        else:
            converted.append({"role": role, "content": content})
    return converted
