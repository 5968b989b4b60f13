"""``check_environment``: the conformance suite as one call."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from openenv.core.env_server.specification import EnvironmentSpec
from openenv.core.env_server.types import Action

from .actions import ActionSource
from .bench import Bench
from .player import CallFailedError
from .report import CheckReport, EnvironmentCheckError, RuleResult
from .rules import RULES

_NOTHING: Mapping[str, Any] = {}


def check_environment(
    factory: Callable[[], Any],
    *,
    action: Any = None,
    actions: Sequence[Any] | None = None,
    action_factory: Callable[[Any], Any] | None = None,
    action_cls: type[Action] | None = None,
    seeds: Sequence[int] = (0, 1),
    steps: int = 5,
    reset_arguments: Mapping[str, Any] = _NOTHING,
    ignore: Collection[str] = (),
    skip: Mapping[str, str] = _NOTHING,
) -> CheckReport:
    """Check that an environment keeps the rules every environment keeps.

    Environments are made, played as a server plays them (asynchronous verbs where those are overridden,
    without the arguments that a narrowed signature does not take) and closed again. The first broken rule
    raises.

    The rules:
    - ``constructs``: the factory makes an Environment, again and again
    - ``metadata_is_complete``: `get_metadata()` names and describes the environment
    - ``reset_returns_an_observation``: `reset` returns an Observation, with or without a seed, at first and
      after another episode
    - ``step_returns_an_observation``: `step` returns an Observation for every action it takes
    - ``rewards_are_finite``: rewards are finite numbers or None
    - ``done_is_a_bool``: `done` is True or False
    - ``observations_survive_json``: an observation sent as JSON and read back is the same
    - ``observations_never_change``: an observation that was returned stays as it was, whatever is called
      later
    - ``state_is_a_state``: `state` is a State that survives JSON
    - ``models_have_schemas``: the action, observation and state models have JSON Schemas
    - ``steps_are_counted``: `state.step_count` is 0 after a reset and grows by 1 with every step
    - ``episode_ids_are_kept``: `reset(episode_id=...)` becomes `state.episode_id` and stays it
    - ``episode_ids_are_fresh``: `reset()` without an id makes one that no other episode has
    - ``close_is_idempotent``: `close()` may be called twice, and before any reset
    - ``seeds_are_deterministic``: the same seed gives the same episode, in another instance and after a
      second reset
    - ``reading_state_changes_nothing``: `state` read twice is the same, and an episode goes as if it had
      not been read
    - ``global_randomness_is_left_alone``: an episode with a seed neither reseeds nor uses the global
      generators of `random` and NumPy
    - ``instances_are_independent``: two instances played by turns go as each does alone (if
      SUPPORTS_CONCURRENT_SESSIONS)
    - ``wrong_actions_are_refused``: an action of another environment raises a clear error, or is answered
      with one, and harms nothing
    - ``unknown_reset_arguments_do_no_harm``: an argument `reset` does not know is dropped, or refused by
      name, and the next reset works

    Args:
        factory: makes an environment: a class, a function, a ``functools.partial``.
        action: an action to repeat; an Action, or a dictionary of its fields.
        actions: the actions of an episode, in order.
        action_factory: called with the latest observation, returns the next action. What it returned is
            played again where an episode is repeated, so it may be random.
        action_cls: the action model, where ``step`` is not annotated with it. Without any actions, samples
            are made from the model's JSON Schema; for an MCP environment, from the tools it lists.
        seeds: the seeds to play; at least one.
        steps: how many steps an episode has at most, where ``actions`` does not say.
        reset_arguments: further arguments for every reset.
        ignore: fields of observations that may differ between equal episodes, such as
            ``"metadata.elapsed_s"``.
        skip: rules this environment need not keep, each with the reason.

    Returns:
        A report; ``print`` it to read it.

    Raises:
        EnvironmentCheckError: if a rule is broken; says which, what was seen, and how to mend it.
        ActionSamplingError: if no action was given and none can be made.
        ValueError: if the arguments contradict each other.
    """
    given = [
        name
        for name, value in (("action", action), ("actions", actions), ("action_factory", action_factory))
        if value is not None
    ]
    if len(given) > 1:
        raise ValueError(f"pass one of {' and '.join(given)}, not {len(given)}")
    if not seeds or steps < 1 or (actions is not None and not actions):
        raise ValueError("at least one seed and one step are needed")
    if unknown := set(skip) - set(RULES):
        raise ValueError(f"skip names no rule: {', '.join(sorted(unknown))}; there are: {', '.join(RULES)}")
    source = ActionSource([action] * steps if action is not None else actions, action_factory, action_cls, steps)

    def check() -> CheckReport:
        with asyncio.Runner() as runner:
            return _check(Bench(factory, source, seeds, reset_arguments, ignore, runner), skip, factory)

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return check()
    # Asynchronous environments are run on a loop of the check's own, which needs a thread without one.
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(check).result()


def _check(bench: Bench, skip: Mapping[str, str], factory: Callable[[], Any]) -> CheckReport:
    report = CheckReport(EnvironmentSpec.of(factory).factory_name)
    for rule in RULES.values():
        if rule.name in skip:
            report.results.append(RuleResult(rule.name, skip[rule.name]))
            continue
        bench.rule, bench.mend = rule.name, rule.mend
        try:
            report.results.append(RuleResult(rule.name, rule.check(bench)))
        except CallFailedError as failed:
            raise _failure(bench, failed) from failed.error
    report.steps = bench.steps
    return report


def _failure(bench: Bench, failed: CallFailedError) -> EnvironmentCheckError:
    mend = bench.mend
    if bench.source.is_derived and str(failed).startswith("step("):
        mend += " (or, if this action, made from its schema, is no legal one, pass actions= that are)"
    return EnvironmentCheckError(bench.rule, str(failed), mend)
