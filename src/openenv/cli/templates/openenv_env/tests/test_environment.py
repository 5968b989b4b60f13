"""The environment keeps the contract of every environment, and plays over a real server."""

from pathlib import Path

from client import __ENV_CLASS_NAME__Env
from models import __ENV_CLASS_NAME__Action
from openenv.testing import check_environment
from server.__ENV_NAME___environment import __ENV_CLASS_NAME__Environment

DIRECTORY = Path(__file__).resolve().parent.parent


def test_keeps_the_contract() -> None:
    check_environment(__ENV_CLASS_NAME__Environment, action=__ENV_CLASS_NAME__Action(message="hello"))


def test_plays_an_episode_over_a_server() -> None:
    with __ENV_CLASS_NAME__Env.from_process(DIRECTORY) as env:
        result = env.reset(episode_id="first")
        assert result.observation.echoed_message == "__ENV_TITLE_NAME__ environment ready!"
        assert (result.reward, result.done) == (0.0, False)

        result = env.step(__ENV_CLASS_NAME__Action(message="Hi"))
        assert result.observation.echoed_message == "Hi"
        assert result.observation.message_length == 2
        assert (result.reward, result.done) == (0.2, False)

        state = env.state()
        assert (state.episode_id, state.step_count) == ("first", 1)
