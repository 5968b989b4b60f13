"""Datasets of the library, made as its own ``create_dataset`` makes them, but in bounded time. Runs in workers."""

import copy
import dataclasses
import sys
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from reasoning_gym.composite import CompositeConfig, CompositeDataset, DatasetSpec
from reasoning_gym.dataset import ProceduralDataset
from reasoning_gym.factory import DATASETS

from .configs import configured, ladder, refusals
from .selection import Part, Selection

# Their constructors read data files or build word graphs, for a tenth of a second and more, and look neither at seed
# nor at size: one made for another seed serves as well.
_SLOW_TO_MAKE: Final = frozenset(
    ("arc_agi", "codeio", "figlet_font", "group_anagrams", "spell_backward", "word_ladder")
)
# Their constructors draw a task for every index there is, a billion of them if asked: the name of the tasks.
_TASKS: Final = {"gsm_symbolic": "tasks_ok", "list_functions": "tasks"}

_MOST_PROTOTYPES: Final = 16

_prototypes: OrderedDict[str, ProceduralDataset] = OrderedDict()


@dataclass
class Loaded:
    """A dataset and what it takes to use it again and again.

    Attributes:
        members: the datasets questions come from, by name: itself, or those of a composite.
        top_difficulties: the highest difficulty of those whose level was chosen by difficulty.
    """

    dataset: ProceduralDataset
    members: dict[str, ProceduralDataset]
    top_difficulties: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._sizes = {name: member.size for name, member in self.members.items()}
        # codeio keeps its rows with the class, where the dataset made last has put its own.
        self._rows = {name: member._jsonl_data for name, member in self.members.items() if name == "codeio"}

    def restore(self) -> None:
        """Undo what making questions, and other datasets of the class, may have changed."""
        for name, size in self._sizes.items():
            self.members[name].size = size  # word_ladder shrinks when it finds no ladder
        for name, rows in self._rows.items():
            type(self.members[name])._jsonl_data = rows


def load(selection: Selection) -> Loaded:
    """Make the dataset of a selection.

    Raises:
        SelectionError: as :func:`.configs.configured`.
    """
    if selection.is_composite:
        # Seeds as the library derives them.
        seeds = range(selection.seed + 1, selection.seed + 1 + len(selection.parts))
        members = {
            part.name: _dataset(part, seed, selection.size) for part, seed in zip(selection.parts, seeds, strict=True)
        }
        dataset: ProceduralDataset = _Composite(selection, members)
    else:
        (part,) = selection.parts
        dataset = _dataset(part, selection.seed, selection.size)
        members = {part.name: dataset}
    tops = {part.name: len(ladder(part)) - 1 for part in selection.parts if isinstance(part.levels, int)}
    return Loaded(dataset, members, tops)


class _Composite(CompositeDataset):  # type: ignore[misc]
    """The library's composite, of datasets that are there already."""

    def __init__(self, selection: Selection, members: dict[str, ProceduralDataset]) -> None:
        specs = [DatasetSpec(part.name, part.weight, {}) for part in selection.parts]
        config = CompositeConfig(selection.size, selection.seed, specs)
        ProceduralDataset.__init__(self, config, config.seed, config.size)
        self.version_manager = None
        self.datasets = members
        self.dataset_names = list(members)
        self.weights = [part.weight for part in selection.parts]


def _dataset(part: Part, seed: int, size: int) -> ProceduralDataset:
    config = configured(part, seed, size)
    with refusals(part.name):  # some values are refused by the dataset only
        return _made(part.name, config)


def _made(name: str, config: Any) -> ProceduralDataset:
    dataset_cls = DATASETS[name][0]
    if name in _SLOW_TO_MAKE:
        return _like(_prototype(name, dataset_cls, config), config)
    if name in _TASKS:
        dataset = _like(dataset_cls(dataclasses.replace(config, size=1)), config)
        tasks = getattr(sys.modules[dataset_cls.__module__], _TASKS[name])
        dataset.task_indices = _Drawn(Random(config.seed), tasks)
        return dataset
    return dataset_cls(config)


def _prototype(name: str, dataset_cls: Any, config: Any) -> ProceduralDataset:
    key = f"{name} {dataclasses.replace(config, seed=0, size=1)!r}"
    prototype = _prototypes.get(key)
    if prototype is None:
        prototype = _prototypes[key] = dataset_cls(config)
        if len(_prototypes) > _MOST_PROTOTYPES:
            _prototypes.popitem(last=False)
    _prototypes.move_to_end(key)
    return prototype


def _like(dataset: ProceduralDataset, config: Any) -> ProceduralDataset:
    """A copy of the dataset with another seed and size."""
    twin = copy.copy(dataset)
    twin.config, twin.seed, twin.size = config, config.seed, config.size
    return twin


class _Drawn(Sequence[Any]):
    """What ``rng.choices(tasks, k=...)`` gives, drawn as far as it is asked for."""

    def __init__(self, rng: Random, tasks: Sequence[Any]) -> None:
        self._rng = rng
        self._tasks = tasks
        self._drawn: list[Any] = []

    def __len__(self) -> int:
        return sys.maxsize

    def __getitem__(self, index: Any) -> Any:
        missing = index + 1 - len(self._drawn)
        if missing > 0:
            self._drawn += self._rng.choices(self._tasks, k=missing)
        return self._drawn[index]
