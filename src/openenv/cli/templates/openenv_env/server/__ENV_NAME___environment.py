"""The environment itself. Run this file to see it work: ``python3 server/__ENV_NAME___environment.py``."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.types import State

if TYPE_CHECKING or "." in (__package__ or ""):
    from ..models import __ENV_CLASS_NAME__Action, __ENV_CLASS_NAME__Observation
else:  # imported from the environment's own directory
    if not __package__:  # run as a script
        sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from models import __ENV_CLASS_NAME__Action, __ENV_CLASS_NAME__Observation


class __ENV_CLASS_NAME__Environment(Environment[__ENV_CLASS_NAME__Action, __ENV_CLASS_NAME__Observation, State]):
    """Says back what it is told; the reward is a tenth of the message's length. One instance serves one session."""

    # Instances share nothing that changes, so one server may hold many.
    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self) -> None:
        super().__init__()
        self._state = State(episode_id=str(uuid4()))

    def reset(self, seed: int | None = None, episode_id: str | None = None, **kwargs: Any) -> __ENV_CLASS_NAME__Observation:
        """Start an episode. Draw everything random from ``random.Random(seed)``: same seed, same episode."""
        self._state = State(episode_id=episode_id or str(uuid4()))
        return __ENV_CLASS_NAME__Observation(echoed_message="__ENV_TITLE_NAME__ environment ready!", reward=0.0)

    def step(self, action: __ENV_CLASS_NAME__Action, timeout_s: float | None = None, **kwargs: Any) -> __ENV_CLASS_NAME__Observation:
        """Take one action."""
        length = len(action.message)
        self._state.step_count += 1
        return __ENV_CLASS_NAME__Observation(
            echoed_message=action.message,
            message_length=length,
            reward=length * 0.1,
            done=False,
            metadata={"step": self._state.step_count},
        )

    @property
    def state(self) -> State:
        """Where the episode stands."""
        return self._state


def main() -> None:
    """Play a short episode and print it."""
    environment = __ENV_CLASS_NAME__Environment()
    print("reset:", environment.reset().echoed_message)
    for message in ("Hi", "Hello, World!"):
        observation = environment.step(__ENV_CLASS_NAME__Action(message=message))
        print("step:", observation.echoed_message, "reward:", observation.reward)
    print("state:", environment.state)
    environment.close()


if __name__ == "__main__":
    main()
