"""reverse_sort: put a list of whole numbers into reverse (descending) order."""

import json
from dataclasses import dataclass
from random import Random
from typing import Any

from reasoning_gym.coaching import BaseCurriculum, RangeAttributeDefinition
from reasoning_gym.dataset import ProceduralDataset
from reasoning_gym.factory import register_dataset

DATASET_NAME = "reverse_sort"

MOST_NUMBERS = 10_000  # more would be no question for a model

QUESTION_TEMPLATE = """Sort this list in reverse order, from the largest number to the smallest: {numbers}
Keep every number, the equal ones too. Answer with the sorted list alone, in square brackets and separated by commas, \
such as [3, 2, 2, 1]."""


@dataclass
class ReverseSortConfig:
    """How long the lists are, and what is in them. All bounds are inclusive."""

    min_length: int = 5
    max_length: int = 10
    min_value: int = -100
    max_value: int = 100
    seed: int | None = None
    size: int = 500

    def validate(self) -> None:
        """Raise an AssertionError that says what is wrong, as the library's configurations do."""
        assert self.min_length > 0, "min_length must be positive"
        assert self.max_length >= self.min_length, "max_length must be >= min_length"
        assert self.max_length <= MOST_NUMBERS, f"max_length must be at most {MOST_NUMBERS}"
        assert self.max_value >= self.min_value, "max_value must be >= min_value"


class ReverseSortDataset(ProceduralDataset):  # type: ignore[misc]
    """Lists of whole numbers. The one right answer is the list in descending order."""

    category = "algorithmic"

    def __init__(self, config: ReverseSortConfig) -> None:
        super().__init__(config=config, seed=config.seed, size=config.size)

    def __getitem__(self, idx: int) -> dict[str, Any]:
        rng = Random(self.seed + idx)
        config = self.config
        length = rng.randint(config.min_length, config.max_length)
        numbers = [rng.randint(config.min_value, config.max_value) for _ in range(length)]
        return {
            "question": QUESTION_TEMPLATE.format(numbers=numbers),
            "answer": str(sorted(numbers, reverse=True)),
            "metadata": {
                "source_dataset": DATASET_NAME,
                "source_index": idx,
                "numbers": numbers,
                "length": length,
                "difficulty": {
                    "length": (config.min_length, config.max_length),
                    "value": (config.min_value, config.max_value),
                },
            },
        }

    def score_answer(self, answer: str | None, entry: dict[str, Any]) -> float:
        """1.0 for the sorted list, with or without brackets and however spaced; 0.0 for everything else."""
        if not isinstance(answer, str):
            return 0.0
        text = answer.strip()
        if not text.startswith("["):
            text = f"[{text}]"
        try:
            numbers = json.loads(text)
        except (ValueError, RecursionError):
            return 0.0
        expected = sorted(entry["metadata"]["numbers"], reverse=True)
        # bool is an int to Python, and [true] no list of numbers
        is_right = numbers == expected and all(type(number) is int for number in numbers)
        return 1.0 if is_right else 0.0


class ReverseSortCurriculum(BaseCurriculum):  # type: ignore[misc]
    """Longer lists of larger numbers."""

    def __init__(self) -> None:
        super().__init__(ReverseSortCurriculum.__name__, ReverseSortConfig)
        self._define_attributes(
            RangeAttributeDefinition(
                name="length",
                levels=[3, 5, 10, 20, 40, 80, 160],
                description="How many numbers to sort",
                lower_field_name="min_length",
                upper_field_name="max_length",
                ensure_interval=True,
            ),
            RangeAttributeDefinition(
                name="value",
                levels=[0, 10, 100, 1_000, 10_000, 100_000, 1_000_000],
                description="How large the numbers are",
                lower_field_name="min_value",
                upper_field_name="max_value",
                ensure_interval=True,
            ),
        )


register_dataset(DATASET_NAME, ReverseSortDataset, ReverseSortConfig, ReverseSortCurriculum)
