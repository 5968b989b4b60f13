"""Which actions a check takes."""

import inspect
import sys
import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from openenv.core.env_server.mcp_types import CallToolAction, ListToolsAction, ListToolsObservation
from openenv.core.env_server.types import Action

from .report import ActionSamplingError
from .sampling import sample_actions, sample_tool_calls

_MCP_ACTIONS = (CallToolAction, ListToolsAction)


@dataclass
class ActionSource:
    """The actions of an episode: those the caller gave, or ones derived from the action model."""

    given: Sequence[Any] | None = None
    factory: Callable[[Any], Any] | None = None
    action_cls: type[Action] | None = None
    steps: int = 5
    _derived: list[Any] = field(default_factory=list)

    @property
    def is_derived(self) -> bool:
        """Whether the caller left the choice to the check."""
        return self.given is None and self.factory is None

    @property
    def count(self) -> int:
        return self.steps if self.given is None else len(self.given)

    def next(self, environment: Any, observation: Any, index: int) -> Any:
        """The action to take at step ``index``, after ``observation``.

        Raises:
            ActionSamplingError: if it has to be derived and cannot be.
        """
        if self.factory is not None:
            return self.factory(observation)
        if self.given is not None:
            return self._as_action(environment, self.given[index])
        action_cls = self.action_class(environment)
        if _takes_tool_calls(environment, action_cls):
            if index == 0:
                return ListToolsAction()
            if isinstance(observation, ListToolsObservation):
                self._derived = list(sample_tool_calls(observation.tools, self.steps))
        elif action_cls is None or action_cls is Action:
            raise ActionSamplingError(
                f"{type(environment).__name__}.step does not say which action it takes: annotate it, "
                "or pass action=, actions= or action_factory="
            )
        elif not self._derived:
            self._derived = list(sample_actions(action_cls, self.steps))
        if not self._derived:
            raise ActionSamplingError("list_tools gave no list of tools: pass action=, actions= or action_factory=")
        return self._derived[index % len(self._derived)]

    def action_class(self, environment: Any) -> type[Action] | None:
        """The action model: as given, else as ``step`` or the type arguments say; None if nothing does."""
        return self.action_cls or _annotated(environment) or _type_argument(type(environment))

    def _as_action(self, environment: Any, action: Any) -> Any:
        if not isinstance(action, dict):
            return action
        action_cls = self.action_class(environment)
        if action_cls is None:
            raise ActionSamplingError("actions given as dictionaries need action_cls= to be read with")
        return action_cls.model_validate(action)


def _takes_tool_calls(environment: Any, action_cls: type[Action] | None) -> bool:
    # An MCP environment has loaded this module; others should not have to.
    module = sys.modules.get("openenv.core.env_server.mcp_environment")
    is_mcp = module is not None and isinstance(environment, module.MCPEnvironment)
    return action_cls in _MCP_ACTIONS or (is_mcp and action_cls in (None, Action))


def _annotated(environment: Any) -> type[Action] | None:
    for verb in ("step", "step_async"):
        function = getattr(type(environment), verb)
        parameters = list(inspect.signature(function).parameters)
        if len(parameters) < 2:
            continue
        try:
            hint = typing.get_type_hints(function).get(parameters[1])
        except NameError:  # a name imported for type checkers only
            continue
        if (found := _action_in(hint)) is not None and found is not Action:
            return found
    return None


def _type_argument(cls: type) -> type[Action] | None:
    for base in cls.__mro__:
        for generic in getattr(base, "__orig_bases__", ()):
            for argument in typing.get_args(generic):
                if (found := _action_in(argument)) is not None:
                    return found
    return None


def _action_in(hint: Any) -> type[Action] | None:
    if isinstance(hint, type):
        return hint if issubclass(hint, Action) else None
    for option in typing.get_args(hint):
        if (found := _action_in(option)) is not None:
            return found
    return None
