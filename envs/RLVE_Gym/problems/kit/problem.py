"""The base class of every problem."""

import inspect
import sys
from abc import ABC, abstractmethod
from random import Random
from typing import Any, ClassVar, Generic, TypeVar

from . import scoring
from .answers.base import Format
from .errors import GenerationError, ParameterError, WrongFormat
from .extraction import check_markers, extract
from .given import Given, check_given
from .instance import TOLERANCE, Instance, Parameter, Verdict, plain
from .schedule import Schedule

A = TypeVar("A")


class Problem(ABC, Generic[A]):
    """A problem whose answers are of type A; a subclass is named by its identifier.

    What a subclass declares, in this order: its keyword arguments as annotated attributes with their defaults,
    `given`, `schedule`, and the methods `draw`, `solve` (unless the answer is planted), `question`, `answer`,
    `score` and, where it is not 1, `threshold`.

    Args:
        answer_markers: The texts around the answer, <answer> and </answer> by default.
        arguments: Overrides of the declared arguments: reward constants, strategies, ranges.

    Raises:
        TypeError: an argument the problem does not have, or of another type than its default.
        ValueError: an unknown strategy, bad markers.
    """

    given: ClassVar[tuple[Given, ...]]
    schedule: ClassVar[Schedule]
    differences: ClassVar[tuple[str, ...]] = ()
    """What differs from the original gym and why, a row of the table of differences each."""

    wrong_format: float = -1.0

    def __init_subclass__(cls) -> None:
        """Refuses, where the class is written, declarations that would be left unread or not be the caller's."""
        super().__init_subclass__()
        notes = inspect.get_annotations(cls)
        for name, value in vars(cls).items():
            plain_value = not name.startswith("_") and not hasattr(value, "__get__")  # neither a method nor a property
            if plain_value and name not in notes and not _declared(cls, name):
                raise TypeError(f"{cls.__name__}: {name} is no argument without an annotation; write `{name}: ...`")
        for name, note in notes.items():
            if "ClassVar" not in str(note) and not hasattr(cls, name):
                raise TypeError(f"{cls.__name__}: the argument {name} has no default")
        defaults = cls.arguments()
        for name, default in defaults.items():
            if isinstance(default, (list, dict, set)):
                raise TypeError(f"{cls.__name__}: the default of {name} can be changed; make it a tuple")
            beta = name.replace("strategy", "beta")
            if name.startswith("rewarding_strategy") and "^beta" in str(default) and beta not in defaults:
                raise TypeError(f"{cls.__name__}: {name} is {default!r}, and there is no argument {beta}")

    def __init__(self, *, answer_markers: tuple[str, str] | list[str] | None = None, **arguments: Any) -> None:
        self.answer_markers = check_markers(answer_markers)
        defaults = self.arguments()
        for name, value in arguments.items():
            if name not in defaults:
                raise TypeError(f"{self.identifier()} has no argument {name!r}; it has {', '.join(defaults)}")
            if not _same_type(value, defaults[name]):
                raise TypeError(f"{self.identifier()}: {name} must be like {defaults[name]!r}, not {value!r}")
            setattr(self, name, value)
        scoring.check_strategies(self.identifier(), defaults, arguments)

    # What a problem is

    @classmethod
    def identifier(cls) -> str:
        return cls.__name__

    @classmethod
    def arguments(cls) -> dict[str, Any]:
        """The keyword arguments of the constructor and their defaults: all annotated attributes."""
        return {
            name: getattr(cls, name)
            for base in reversed(cls.__mro__)
            for name, note in (inspect.get_annotations(base) if issubclass(base, Problem) else {}).items()
            if "ClassVar" not in str(note)
        }

    @abstractmethod
    def draw(self, rng: Random, p: Parameter) -> Parameter:
        """Draws an instance from the starting parameter p and returns the keys to add to it.

        Without a "reference_answer" among them, `solve` supplies it.

        Raises:
            GenerationError: no instance could be drawn.
        """

    def solve(self, p: Parameter) -> A:
        """A right answer of the instance p; needed only where `draw` gives no reference_answer."""
        raise NotImplementedError(f"{self.identifier()} stores its reference_answer, and p has none")

    @abstractmethod
    def question(self, p: Parameter) -> str:
        """What is asked, with every rule `score` applies; the format of the answer is added to it."""

    @abstractmethod
    def answer(self, p: Parameter) -> Format[A]:
        """The format of an answer to p."""

    @abstractmethod
    def score(self, p: Parameter, answer: A) -> float:
        """The reward of an answer that follows the format. Must not fail, whatever the answer."""

    def threshold(self, p: Parameter) -> float:
        """The reward from which on an answer counts as right."""
        return 1.0

    # What a problem does

    def generate(self, seed: int, level: int) -> Instance:
        """The instance of this seed and level: the same on every machine.

        Raises:
            ParameterError: a seed that is not an integer, or a level that is not an integer >= 0.
            GenerationError: no instance could be drawn at this level.
        """
        rng = self._random(seed)
        choices = self.schedule.choices(level)
        if not choices:
            raise GenerationError(f"{self.identifier()} has no starting parameter at level {level}")
        return self._instance(rng, seed, level, rng.choice(choices))

    def generate_from(self, seed: int, parameter: Parameter) -> Instance:
        """The instance of this seed and starting parameter.

        Raises:
            ParameterError: a starting parameter with other keys, or outside its bounds.
            GenerationError: no instance could be drawn.
        """
        return self._instance(self._random(seed), seed, None, dict(parameter))

    def prompt(self, instance: Instance) -> str:
        """The text for the model: the question, how to write the answer, an example that is not the answer."""
        p = instance.parameter
        form = self.answer(p)
        passing = self.threshold(p) - TOLERANCE
        example = form.exemplify(lambda answer: self.score(p, answer) >= passing, self.answer_markers)
        begin, end = self.answer_markers
        return (
            f"{self.question(p).strip()}\n\n{form.describe()}\n"
            f"Write the final answer between {begin} and {end}; the last such pair counts. {example}"
        )

    def verify(self, instance: Instance, output: str) -> Verdict:
        """Judges a model's whole output: a verdict for every string, in bounded time."""
        return Verdict.of(self.reward(instance, output), self.threshold(instance.parameter))

    def reward(self, instance: Instance, output: str) -> float:
        """The reward alone of a model's whole output."""
        text = extract(output, self.answer_markers)
        if text is None:
            return float(self.wrong_format)
        try:
            answer = self.answer(instance.parameter).parse(text)
        except WrongFormat:
            return float(self.wrong_format)
        return float(self.score(instance.parameter, answer))

    def reference(self, instance: Instance) -> str:
        """A right answer as text, solved for where the instance stores none."""
        p = instance.parameter
        stored = p.get("reference_answer")
        if stored is None:
            return self.answer(p).show(self.solve(p))
        return stored if isinstance(stored, str) else self.answer(p).show(stored)

    # For subclasses

    def show(self, p: Parameter, answer: A) -> str:
        """The answer as text, for a reference_answer."""
        return self.answer(p).show(answer)

    def ratio(self, gold: scoring.Number, answer: scoring.Number, *, strict: bool = False, suffix: str = "") -> float:
        """The value against the best one by `rewarding_strategy`, see `scoring.ratio`.

        `suffix` selects rewarding_strategy_<suffix> and its companions.
        """
        strategy, weight, beta = self._rule(suffix)
        return scoring.ratio(strategy, gold, answer, weight=weight, beta=beta, strict=strict)

    def share(self, part: int, whole: int, *, suffix: str = "") -> float:
        """The share that is right by `rewarding_strategy`, see `scoring.share`."""
        strategy, weight, beta = self._rule(suffix)
        return scoring.share(strategy, part, whole, weight=weight, beta=beta)

    def _rule(self, suffix: str) -> tuple[str, float, float]:
        tail = f"_{suffix}" if suffix else ""
        strategy = getattr(self, f"rewarding_strategy{tail}")
        weight = getattr(self, f"rewarding_weight{tail}", 1.0)
        return strategy, weight, getattr(self, f"rewarding_beta{tail}", 1.0)

    def _random(self, seed: int) -> Random:
        if type(seed) is not int:
            raise ParameterError(f"a seed is an integer, not {seed!r}")
        return Random(seed)

    def _instance(self, rng: Random, seed: int, level: int | None, start: Parameter) -> Instance:
        check_given(self.identifier(), self.given, start)
        parameter = plain({**start, **self.draw(rng, start)})
        if "reference_answer" not in parameter:
            parameter["reference_answer"] = self.show(parameter, self.solve(parameter))
        return Instance(self.identifier(), seed, level, parameter)


def _declared(cls: type, name: str) -> bool:
    """Whether a base of the class has or annotates the name."""
    return any(name in vars(base) or name in inspect.get_annotations(base) for base in cls.__mro__[1:])


def _same_type(value: Any, default: Any) -> bool:
    """Whether an override can stand for a default: numbers for numbers, text for text."""
    if isinstance(default, (int, float)):
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if number and isinstance(value, int) and isinstance(default, int):
            return True  # of any size
        return number and abs(value) <= sys.float_info.max  # what a reward can be, and so not NaN
    if isinstance(default, (list, tuple)):
        several = isinstance(value, (list, tuple)) and len(value) == len(default)
        return several and all(map(_same_type, value, default))
    return not isinstance(default, str) or isinstance(value, str)
