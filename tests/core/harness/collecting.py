"""A collection of echoes: the tests run it, and as a program it is killed while a line is half written.

``python -m tests.core.harness.collecting URL FOLDER KILL_AT CUT``: dies as the line of episode ``KILL_AT`` reaches
the disk, with all but its last ``CUT`` bytes there.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from openenv.core.harness import MCPHarnessAdapter, Message, ModelStepResult
from openenv.core.harness.collect import CollectResult, CollectRunner, RolloutSerializer
from openenv.core.llm_client import LLMResponse, ToolCall
from tests.core.harness.play import Sessions, echo_session

TASKS = ["a", "bb", "ccc", "dddd", "eeeee"]


def speak(messages: list[Message], tools: list[Any], sampling: dict[str, Any]) -> ModelStepResult:
    """Echoes the task's word once, and stops."""
    if messages[-1]["role"] == "tool":
        return ModelStepResult(LLMResponse("bye"))
    word = messages[0]["content"].removeprefix("task ")
    return ModelStepResult(LLMResponse("", [ToolCall("c", "echo_message", {"message": word})]))


def collect(url: str, folder: Path, num_episodes: int = len(TASKS), **options: Any) -> CollectResult:
    sessions = Sessions(lambda task: echo_session(url, task=task))
    runner = CollectRunner(
        session_factory=sessions,
        harness_adapter=MCPHarnessAdapter(),
        serializer=RolloutSerializer(folder),
        tasks=TASKS,
    )
    return runner.run(model_step=speak, num_episodes=num_episodes, **options)


def die_while_writing(kill_at: int, cut: int) -> None:
    """Make the disk's side of a write stop short, and the process with it."""
    written = 0

    def fsync(fd: Any) -> None:
        nonlocal written
        written += 1
        if written > kill_at:
            os.ftruncate(fd, os.fstat(fd).st_size - cut)
            os.kill(os.getpid(), signal.SIGKILL)

    os.fsync = fsync


if __name__ == "__main__":
    die_while_writing(int(sys.argv[3]), int(sys.argv[4]))
    collect(sys.argv[1], Path(sys.argv[2]))
