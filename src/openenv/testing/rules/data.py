"""Rules about what an environment returns."""

import copy
import math
from typing import Any

from openenv.core import wire
from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.types import Action, EnvironmentMetadata, Observation, State

from ..bench import Bench, call_at
from ..compare import first_difference
from .registry import rule


@rule("let the factory return an instance of a class derived from Environment")
def constructs(bench: Bench) -> str | None:
    """the factory makes an Environment, again and again"""
    for _ in range(2):
        with bench.player() as player:
            if not isinstance(player.environment, Environment):
                raise bench.fail(f"the factory made {type(player.environment).__name__}, not an Environment")
    return None


@rule("let get_metadata() return EnvironmentMetadata(name=..., description=...) with both filled")
def metadata_is_complete(bench: Bench) -> str | None:
    """`get_metadata()` names and describes the environment"""
    with bench.player() as player:
        metadata = player.metadata()
    if not isinstance(metadata, EnvironmentMetadata):
        raise bench.fail(f"get_metadata() returned {type(metadata).__name__}")
    for name in ("name", "description"):
        if not getattr(metadata, name).strip():
            raise bench.fail(f"the metadata's {name} is empty")
    return None


@rule(
    "return an instance of your Observation subclass from reset; give all its parameters defaults, or pass what it "
    "cannot do without in reset_arguments="
)
def reset_returns_an_observation(bench: Bench) -> str | None:
    """`reset` returns an Observation, with or without a seed, at first and after another episode"""
    with bench.player() as player:
        for seed in bench.seeds:
            bench.start(player, seed)
        bench.start(player, None, None)
    return None


@rule("return an instance of your Observation subclass from step; leave done False in what reset returns")
def step_returns_an_observation(bench: Bench) -> str | None:
    """`step` returns an Observation for every action it takes"""
    episodes = [bench.episode(seed) for seed in bench.seeds]
    if not any(episode.actions for episode in episodes):
        raise bench.fail(f"no episode has a step: reset returned done=True with every seed of {bench.seeds}")
    return None


@rule("give every reward as a finite number, or None where there is none yet")
def rewards_are_finite(bench: Bench) -> str | None:
    """rewards are finite numbers or None"""
    for observation in _observations(bench):
        reward = observation.reward
        if reward is None or isinstance(reward, int):
            continue
        if not isinstance(reward, float):
            raise bench.fail(f"a reward is {reward!r}, of type {type(reward).__name__}")
        if not math.isfinite(reward):
            raise bench.fail(f"a reward is {reward}")
    return None


@rule("set done to True or False")
def done_is_a_bool(bench: Bench) -> str | None:
    """`done` is True or False"""
    for observation in _observations(bench):
        if not isinstance(observation.done, bool):
            raise bench.fail(f"done is {observation.done!r}, of type {type(observation.done).__name__}")
    return None


@rule(
    "keep to what JSON can hold: dictionaries with string keys, lists, text, finite numbers; declare other "
    "types as fields of the observation, so that they are read back as what they were"
)
def observations_survive_json(bench: Bench) -> str | None:
    """an observation sent as JSON and read back is the same"""
    for observation in _observations(bench):
        _survives_json(bench, observation, type(observation).__name__)
    return None


@rule("make a new observation in every reset and step, with copies of the lists and dictionaries that go on changing")
def observations_never_change(bench: Bench) -> str | None:
    """an observation that was returned stays as it was, whatever is called later"""
    seed = bench.seeds[0]
    shown: list[tuple[Any, Any]] = []
    with bench.player() as player:
        for _, observation in bench.play(player, seed, bench.episode(seed).actions):
            _are_as_shown(bench, shown, call_at(len(shown)))
            shown.append((observation, copy.deepcopy(bench.dump(observation))))
        bench.start(player, bench.seeds[-1])
        _are_as_shown(bench, shown, "the next reset")
    return None


@rule("make state a property that returns an instance of State or of a subclass, with fields that JSON can hold")
def state_is_a_state(bench: Bench) -> str | None:
    """`state` is a State that survives JSON"""
    with bench.player() as player:
        for _ in bench.play(player, bench.seeds[0]):
            bench.state_of(player)
            _survives_json(bench, player.state, "state")
    return None


@rule("annotate the fields with types that have a JSON Schema")
def models_have_schemas(bench: Bench) -> str | None:
    """the action, observation and state models have JSON Schemas"""
    with bench.player() as player:
        bench.start(player, bench.seeds[0])
        models = {bench.source.action_class(player.environment) or Action, type(player.state)}
    models.update(type(observation) for observation in _observations(bench))
    for model in sorted(models, key=lambda model: model.__name__):
        try:
            model.model_json_schema()
        except Exception as error:
            raise bench.fail(f"{model.__name__} has no JSON Schema: {error}") from error
    return None


def _observations(bench: Bench) -> list[Any]:
    return [observation for seed in bench.seeds for observation in bench.episode(seed).observations]


def _are_as_shown(bench: Bench, shown: list[tuple[Any, Any]], call: str) -> None:
    for index, (observation, then) in enumerate(shown):
        if (difference := first_difference(then, bench.dump(observation))) is not None:
            raise bench.fail(f"the observation of {call_at(index)} is another after {call}: {difference}")


def _survives_json(bench: Bench, model: Observation | State, name: str) -> None:
    dump = model.model_dump(warnings=False)
    try:
        data = wire.decode(wire.encode(dump))
        loaded = type(model).model_validate(data).model_dump(warnings=False)
    except (TypeError, ValueError) as error:
        raise bench.fail(f"{name} does not survive JSON: {error}") from error
    if (difference := first_difference(dump, loaded)) is not None:
        raise bench.fail(f"{name} is not the same after JSON: {difference}")
