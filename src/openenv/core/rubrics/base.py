"""Rubrics: composable rewards, shaped like modules of a neural network library."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from ._steps import Steps, run, value_of

PreHook = Callable[["Rubric", Any, Any], Any]
"""``hook(rubric, action, observation)``, before scoring; may be async."""

Hook = Callable[["Rubric", Any, Any, float], Any]
"""``hook(rubric, action, observation, score)``, after scoring; may be async."""

Score = float | Awaitable[float]
"""What calling a rubric gives: a number, or something to await where a part of it is async."""


class Rubric(ABC):
    """Scores an action and the observation it led to.

    Subclass it and write :meth:`forward`, as a plain or an ``async`` method. Call the rubric itself, not
    ``forward``: the call runs the hooks and keeps :attr:`last_score`. It returns the score, or a coroutine
    where ``forward``, a child or a hook is async.

    A rubric assigned to an attribute of another becomes its child, in order of assignment.
    """

    last_score: float | None = None
    """The score of the latest call; None before the first one."""

    @abstractmethod
    def forward(self, action: Any, observation: Any) -> Score:
        """Return the score; what range it has is up to the rubric, 0 to 1 by custom."""

    def __call__(self, action: Any, observation: Any) -> Score:
        return run(self._score(action, observation))

    def _score(self, action: Any, observation: Any) -> Steps[float]:
        for before in tuple(self._hooks("_pre_hooks")):
            yield from value_of(before(self, action, observation))
        score = yield from value_of(self.forward(action, observation))
        self.last_score = score
        for after in tuple(self._hooks("_post_hooks")):
            yield from value_of(after(self, action, observation, score))
        return score

    def register_forward_pre_hook(self, hook: PreHook) -> None:
        """Call ``hook(rubric, action, observation)`` before every scoring."""
        self._hooks("_pre_hooks").append(hook)

    def register_forward_hook(self, hook: Hook) -> None:
        """Call ``hook(rubric, action, observation, score)`` after every scoring."""
        self._hooks("_post_hooks").append(hook)

    # Children and hooks are made when first needed, so that a subclass need not call super().__init__().

    def _hooks(self, name: str) -> list[Any]:
        hooks: list[Any] = self.__dict__.setdefault(name, [])
        return hooks

    @property
    def _child_rubrics(self) -> dict[str, "Rubric"]:
        children: dict[str, Rubric] = self.__dict__.setdefault("_rubric_children", {})
        return children

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Rubric):
            self._child_rubrics[name] = value
        else:
            self._forget_attribute(name)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        self._forget_attribute(name)
        super().__delattr__(name)

    def _forget_attribute(self, name: str) -> None:
        if isinstance(self.__dict__.get(name), Rubric):
            del self._child_rubrics[name]

    def children(self) -> Iterator["Rubric"]:
        """The direct children, in order."""
        yield from self._child_rubrics.values()

    def named_children(self) -> Iterator[tuple[str, "Rubric"]]:
        """The direct children with their names."""
        yield from self._child_rubrics.items()

    def rubrics(self) -> Iterator["Rubric"]:
        """Every rubric below this one, depth first."""
        for _, rubric in self.named_rubrics():
            yield rubric

    def named_rubrics(self, prefix: str = "") -> Iterator[tuple[str, "Rubric"]]:
        """Every rubric below this one with its path, such as ``"style.length"``, depth first."""
        for name, child in self.named_children():
            path = f"{prefix}.{name}" if prefix else name
            yield path, child
            yield from child.named_rubrics(path)

    def get_rubric(self, path: str) -> "Rubric":
        """The rubric at a path of :meth:`named_rubrics`.

        Raises:
            KeyError: if there is none; the message lists the paths there are.
        """
        paths = dict(self.named_rubrics())
        try:
            return paths[path]
        except KeyError:
            raise KeyError(f"no rubric at {path!r}; there are: {', '.join(paths) or 'none'}") from None

    def reset(self) -> Awaitable[None] | None:
        """Forget the episode, here and in every child; to be awaited where a child's reset is async.

        A subclass that keeps something of an episode clears it here and calls ``super().reset()``.
        """
        return run(self._reset_children())

    def _reset_children(self) -> Steps[None]:
        for child in tuple(self.children()):
            yield from value_of(child.reset())

    def state_dict(self) -> dict[str, Any]:
        """What to save with a checkpoint; a child's entries under its name and a dot: ``"style.gamma"``."""
        state = {}
        for name, child in self.named_children():
            state.update({f"{name}.{key}": value for key, value in child.state_dict().items()})
        return state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what :meth:`state_dict` gave; entries that are missing leave what is there as it is."""
        for name, child in self.named_children():
            prefix = f"{name}."
            child.load_state_dict(
                {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
            )
