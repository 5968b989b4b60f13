"""A small environment with its web page, for a browser to play."""

from openenv.core.env_server import Action, Environment, Observation, State, create_web_interface_app


class Say(Action):
    message: str


class Heard(Observation):
    heard: str = ""


class Parrot(Environment[Say, Heard, State]):
    SUPPORTS_CONCURRENT_SESSIONS = True

    def reset(self, seed: int | None = None, episode_id: str | None = None) -> Heard:
        self._state = State(episode_id=episode_id)
        return Heard(heard=f"seed {seed}", reward=0.0)

    def step(self, action: Say) -> Heard:
        self._state.step_count += 1
        return Heard(heard=action.message, reward=float(len(action.message)))

    @property
    def state(self) -> State:
        return self._state


app = create_web_interface_app(Parrot, Say, Heard, env_name="parrot")
