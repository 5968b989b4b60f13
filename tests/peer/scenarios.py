"""What a client does with a server, written for the public interface that both packages share.

``python scenarios.py '{"template": URL, "tools": URL, ...}'`` plays every scenario whose server is named, with the
client of the package that this interpreter finds, and prints one JSON object: by scenario either ``{"found": ...}``
or ``{"raised": {"classes": [...], "message": ...}}``.
"""

import asyncio
import json
import re
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

from openenv.core.client_types import StepResult
from openenv.core.env_client import EnvClient
from openenv.core.env_server.mcp_types import CallToolAction, ListToolsAction
from openenv.core.env_server.types import Action, Observation, State
from openenv.core.generic_client import GenericEnvClient
from openenv.core.mcp_client import MCPToolClient

CAPACITY = 4


class EchoAction(Action):
    message: str


class EchoObservation(Observation):
    echoed_message: str = ""
    message_length: int = 0
    greeting: str = ""


class EchoClient(EnvClient[EchoAction, EchoObservation, State]):
    """A typed client, as the template writes it."""

    def _step_payload(self, action: EchoAction) -> dict[str, Any]:
        return {"message": action.message}

    def _parse_result(self, payload: dict[str, Any]) -> StepResult[EchoObservation]:
        observation = EchoObservation(
            **{**payload["observation"], "reward": payload.get("reward"), "done": payload.get("done", False)}
        )
        return StepResult(observation=observation, reward=payload.get("reward"), done=payload.get("done", False))

    def _parse_state(self, payload: dict[str, Any]) -> State:
        return State(episode_id=payload.get("episode_id"), step_count=payload.get("step_count", 0))


def result_of(result: Any) -> dict[str, Any]:
    return {"observation": result.observation, "reward": result.reward, "done": result.done}


def until_free(call: Callable[[], Any]) -> Any:
    """Call again while the sessions of the scenario before still hold all slots: a server may close them later
    than their clients do."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return call()
        except RuntimeError as error:
            if "CAPACITY_REACHED" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def raised_by(call: Callable[[], Any]) -> dict[str, Any]:
    """The error that ``call`` raises, in a form that travels."""
    try:
        value = call()
    except Exception as error:
        return {"classes": [cls.__name__ for cls in type(error).__mro__], "message": str(error)}
    return {"classes": [], "message": f"nothing was raised, but {value!r} returned"}


def started(url: str, **arguments: Any) -> Any:
    """A synchronous client that has reset."""
    client = GenericEnvClient(base_url=url).sync()
    try:
        client.reset(**arguments)
    except BaseException:
        client.close()
        raise
    return client


# The template's echo


def template_async(url: str) -> Any:
    async def play() -> Any:
        async with GenericEnvClient(base_url=url) as client:
            reset = await client.reset(seed=5, episode_id="e1", greeting="hello", unknown="dropped")
            steps = [result_of(await client.step({"message": text})) for text in ("a", "bcd", "done")]
            return {"reset": result_of(reset), "steps": steps, "state": await client.state()}

    return asyncio.run(play())


def template_sync(url: str) -> Any:
    with GenericEnvClient(base_url=url).sync() as client:
        reset = client.reset(seed=5, episode_id="e1", greeting="hello", unknown="dropped")
        steps = [result_of(client.step({"message": text})) for text in ("a", "bcd", "done")]
        return {"reset": result_of(reset), "steps": steps, "state": client.state()}


def template_typed(url: str) -> Any:
    with EchoClient(base_url=url).sync() as client:
        reset = client.reset(seed=7)
        result = client.step(EchoAction(message="typed"))
        state = client.state()
        return {
            "greeting": reset.observation.greeting,
            "echoed": result.observation.echoed_message,
            "reward": result.reward,
            "step_count": state.step_count,
        }


def template_threads(url: str) -> Any:
    def play(number: int) -> list[str]:
        with until_free(lambda: started(url, episode_id=f"thread {number}")) as client:
            for step in range(10):
                client.step({"message": f"{number}/{step}"})
            state = client.state()
            return [state["episode_id"], state["step_count"]]

    with ThreadPoolExecutor(CAPACITY) as pool:
        return list(pool.map(play, range(CAPACITY)))


def template_errors(url: str) -> Any:
    with GenericEnvClient(base_url=url).sync() as client:
        client.reset(episode_id="survivor")
        client.step({"message": "before"})
        invalid = raised_by(lambda: client.step({"massage": "typo"}))
        failed = raised_by(lambda: client.step({"message": "raise"}))
        client.step({"message": "after"})
        return {"invalid": invalid, "failed": failed, "state": client.state()}


def template_capacity(url: str) -> Any:
    with ExitStack() as stack:
        clients = [stack.enter_context(until_free(lambda: started(url))) for _ in range(CAPACITY)]
        late = GenericEnvClient(base_url=url).sync()
        refused = raised_by(lambda: late.reset())
        late.close()
        return {"refused": refused, "others": [client.step({"message": "go on"}).reward for client in clients]}


# Tools


def tools_async(url: str) -> Any:
    async def play() -> Any:
        async with MCPToolClient(base_url=url) as client:
            await client.reset()
            tools = await client.list_tools()
            found: Any = await client.get_tool("echo_message")
            return {
                "tools": {tool.name: sorted(tool.input_schema["properties"]) for tool in tools},
                "value": await client.call_tool("echo_message", message="Hello, World!"),
                "object": await client.call_tool("echo_with_length", message="four"),
                "has": [await client.has_tool("echo_message"), await client.has_tool("nope")],
                "description": found.description,
            }

    return asyncio.run(play())


def tools_sync(url: str) -> Any:
    with MCPToolClient(base_url=url).sync() as client:
        client.reset()
        return {
            "tools": sorted(tool.name for tool in client.list_tools()),
            "value": client.call_tool("echo_message", message="Hello, World!"),
            "object": client.call_tool("echo_with_length", message="four"),
        }


def tools_errors(url: str) -> Any:
    with MCPToolClient(base_url=url).sync() as client:
        client.reset()
        return {
            "unknown": raised_by(lambda: client.call_tool("nope")),
            "failed": raised_by(lambda: client.call_tool("fail", reason="no luck")),
            "after": client.call_tool("echo_message", message="still here"),
        }


def tools_steps(url: str) -> Any:
    """Tools as steps of an episode, with typed actions and with plain ones."""
    with MCPToolClient(base_url=url).sync() as client:
        reset = client.reset(episode_id="e2")
        listed: Any = client.step(ListToolsAction())
        called: Any = client.step(CallToolAction(tool_name="echo_message", arguments={"message": "Hello, World!"}))
        state = client.state()
        typed = {
            "reset_reward": reset.reward,
            "tools": sorted(tool.name for tool in listed.observation.tools),
            "result": value_of(called.observation.result),
            "error": called.observation.error,
            "state": [state.episode_id, state.step_count],
        }
    with GenericEnvClient(base_url=url).sync() as generic:
        generic.reset()
        listed = generic.step({"type": "list_tools"})
        call = {"type": "call_tool", "tool_name": "echo_message", "arguments": {"message": "Hello, World!"}}
        called = generic.step(call)
        unknown = generic.step({"type": "call_tool", "tool_name": "nope", "arguments": {}})
        plain = {
            "tools": sorted(tool["name"] for tool in listed.observation["tools"]),
            "result": value_of(called.observation["result"]),
            "unknown": unknown.observation["error"]["error_type"],
            "step_count": generic.state()["step_count"],
        }
    return {"typed": typed, "plain": plain}


def value_of(result: Any) -> Any:
    """The plain value of a tool's result, whether the server sends that or all that came with it."""
    return result["data"] if isinstance(result, dict) and "structured_content" in result else result


# RLVE_Gym


def gym(url: str) -> Any:
    """Multiplication, the default: answered wrongly, badly and rightly."""
    with GenericEnvClient(base_url=url).sync() as client:
        reset = client.reset(seed=3, episode_id="gym")
        prompt = client.state()["problem_input"]
        factors = [int(number) for number in re.findall(r"\d+", prompt)][:2]
        answers = ["no answer", "<answer>0</answer>", f"<answer>{factors[0] * factors[1]}</answer>"]
        steps = [result_of(client.step({"output": answer})) for answer in answers]
        return {"reset": result_of(reset), "prompt": prompt, "steps": steps, "state": client.state()}


def echo_env(url: str) -> Any:
    """The echo environment of this repository."""
    with MCPToolClient(base_url=url).sync() as client:
        client.reset(episode_id="e3")
        tools = sorted(tool.name for tool in client.list_tools())
        value = client.call_tool("echo_message", message="Hello, World!")
        step: Any = client.step(CallToolAction(tool_name="echo_message", arguments={"message": "Hello, World!"}))
        state = client.state()
    with GenericEnvClient(base_url=url).sync() as generic:
        ready = generic.reset()
    return {
        "tools": tools,
        "value": value,
        "result": step.observation.result,
        "reward": step.reward,
        "episode_id": state.episode_id,
        "ready": ready.observation["echoed_message"],
    }


SCENARIOS: dict[str, list[Callable[[str], Any]]] = {
    "template": [
        template_async,
        template_sync,
        template_typed,
        template_threads,
        template_errors,
        template_capacity,
    ],
    "tools": [tools_async, tools_sync, tools_errors, tools_steps],
    "gym": [gym],
    "echo_env": [echo_env],
}


def main() -> int:
    played = {}
    for server, url in json.loads(sys.argv[1]).items():
        for scenario in SCENARIOS[server]:
            found: Any = None

            def play(scenario: Callable[[str], Any] = scenario, url: str = url) -> None:
                nonlocal found
                found = scenario(url)

            raised = raised_by(play)
            played[scenario.__name__] = {"raised": raised} if raised["classes"] else {"found": found}
    print(json.dumps(played))
    return 0


if __name__ == "__main__":
    sys.exit(main())
