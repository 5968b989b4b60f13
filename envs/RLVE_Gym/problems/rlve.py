"""The interface of the original gym, for people who come from it.

environment = identifier2environment["Sorting"](rewarding_beta=5.0)
environment.generator(seed=0, parameter={"N": 5})
environment.verifier(output)
"""

import os
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .kit.errors import GenerationError, ParameterError, WrongFormat
from .kit.extraction import extract
from .kit.instance import Instance, Parameter, Verdict
from .kit.problem import Problem
from .registry import find, load

if TYPE_CHECKING:
    from openenv.core.workers import WorkerPool

T = TypeVar("T")


class Controller:
    """The difficulty of one problem: a level that grows by one at each `update`."""

    problem: type[Problem[Any]]

    def __init__(self, **arguments: Any) -> None:
        self.schedule = self.problem.schedule.with_arguments(**arguments)
        self.level = 0

    def update(self) -> None:
        """Makes the problem harder by one level."""
        self.level += 1

    def get_parameter_list(self) -> list[Parameter]:
        """The starting parameters of the present level, repeats kept."""
        return self.schedule.choices(self.level)


class Environment:
    """One problem with the methods of the original's environments.

    Attributes:
        parameter, seed: The instance, None before there is one.
        passing_reward_threshold: The reward from which on an output counts as right.
        failure: Why the last `generator` returned False.
    """

    problem: type[Problem[Any]]

    def __init__(self, answer_markers: tuple[str, str] | list[str] | None = None, **arguments: Any) -> None:
        self._problem = self.problem(answer_markers=answer_markers, **arguments)
        self.answer_markers = self._problem.answer_markers
        self.parameter: Parameter | None = None
        self.seed: int | None = None
        self.passing_reward_threshold = 1.0
        self.failure: str | None = None

    def generator(self, seed: int, parameter: Parameter, timeout_second: float | None = 10) -> bool:
        """Draws an instance from a starting parameter; False, with the reason in `failure`, when that fails.

        Args:
            timeout_second: after so many seconds generation is stopped and has failed. It runs in a worker process,
                which this process has one of; None runs it right here, without a limit.
        """
        from openenv.core.workers import WorkerError

        self.parameter, self.seed, self.failure = None, seed, None
        try:
            if timeout_second is None:
                instance = self._problem.generate_from(seed, parameter)
            else:
                workers = _workers(os.getpid())
                drawn = workers.submit(self._problem.generate_from, seed, parameter, timeout_s=timeout_second)
                instance = drawn.result()
        except (GenerationError, ParameterError, WorkerError) as error:
            self.failure = str(error)
            return False
        except Exception as error:  # out of memory, for one
            self.failure = f"generation failed with {type(error).__name__}: {error}"
            return False
        self._adopt(instance)
        return True

    def prompt_generator(self) -> str:
        return self._problem.prompt(self._instance())

    def processor(self, output: str) -> Any:
        """The answer in an output, parsed; None where it has a wrong format."""
        text = extract(output, self.answer_markers)
        if text is None:
            return None
        try:
            return self._problem.answer(self._instance().parameter).parse(text)
        except WrongFormat:
            return None

    def scorer(self, output: str) -> float:
        """The reward of an output."""
        return self._problem.reward(self._instance(), output)

    def verifier(self, output: str) -> dict[str, Any]:
        """The verdict on an output: reward, accuracy, format_score."""
        return Verdict.of(self.scorer(output), self.passing_reward_threshold).to_dict()

    def get_config(self) -> dict[str, Any]:
        """The instance as plain data."""
        instance = self._instance()
        return {
            "seed": instance.seed,
            "parameter": instance.parameter,
            "passing_reward_threshold": self.passing_reward_threshold,
        }

    def set_config(self, config: Mapping[str, Any]) -> None:
        """Takes an instance from `get_config`, of this gym or of the original."""
        self._adopt(Instance.from_dict({"id": self._problem.identifier(), **config}))
        self.passing_reward_threshold = config.get("passing_reward_threshold", self.passing_reward_threshold)

    def _adopt(self, instance: Instance) -> None:
        self.parameter, self.seed, self.failure = instance.parameter, instance.seed, None
        self.passing_reward_threshold = self._problem.threshold(instance.parameter)

    def _instance(self) -> Instance:
        if self.parameter is None or self.seed is None:
            raise RuntimeError("there is no instance yet: call generator() or set_config() first")
        return Instance(self._problem.identifier(), self.seed, None, self.parameter)


@cache
def _workers(pid: int) -> "WorkerPool":
    """The worker of the process with this id: one that was forked needs its own."""
    from .batch import make_pool

    return make_pool(1)


class ByIdentifier(Mapping[str, type[T]], Generic[T]):
    """The available problems by identifier, each a subclass of a base made when it is looked up."""

    def __init__(self, base: type[T], suffix: str) -> None:
        self._base, self._suffix = base, suffix
        self._made: dict[str, type[T]] = {}

    def __getitem__(self, identifier: str) -> type[T]:
        if identifier not in self._made:
            try:
                problem = load(identifier)
            except LookupError as error:
                raise KeyError(str(error)) from error
            self._made[identifier] = type(f"{identifier}{self._suffix}", (self._base,), {"problem": problem})
        return self._made[identifier]

    def __iter__(self) -> Iterator[str]:
        return iter(entry.identifier for entry in find())

    def __len__(self) -> int:
        return len(find())


identifier2environment: Mapping[str, type[Environment]] = ByIdentifier(Environment, "_Environment")
identifier2controller: Mapping[str, type[Controller]] = ByIdentifier(Controller, "_ParameterController")
