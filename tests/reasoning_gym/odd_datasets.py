"""Datasets that misbehave, each in its way, and one that waits for a file. Registered in the library's own form."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reasoning_gym.dataset import ProceduralDataset
from reasoning_gym.factory import register_dataset


@dataclass
class OddConfig:
    """``gate`` is a file whose existence is waited for."""

    gate: str = ""
    seed: int | None = None
    size: int = 500


class OddDataset(ProceduralDataset):
    """Asks for a number; subclasses get it wrong."""

    name = "odd"

    def __init__(self, config: OddConfig) -> None:
        super().__init__(config=config, seed=config.seed, size=config.size)

    def __getitem__(self, idx: int) -> dict[str, Any]:
        metadata = {"source_dataset": self.name, "source_index": idx, "pid": os.getpid()}
        return {"question": f"{self.name} {self.seed + idx}?", "answer": str(self.seed + idx), "metadata": metadata}


class Gated(OddDataset):
    """Makes a question once its file exists; until then, a file beside it tells which process waits."""

    name = "gated"

    def __getitem__(self, idx: int) -> dict[str, Any]:
        started = Path(f"{self.config.gate}.pid")
        started.with_suffix(".new").write_text(str(os.getpid()))
        started.with_suffix(".new").rename(started)
        _wait_for(self.config.gate)
        return super().__getitem__(idx)


class GatedScore(OddDataset):
    """Scores an answer once the file it names exists; then it is right."""

    name = "gated_score"

    def score_answer(self, answer: str | None, entry: dict[str, Any]) -> float:
        if answer == entry["answer"]:
            return 1.0
        _wait_for(answer or "")
        return 1.0


class FailsAtOne(OddDataset):
    """Has no question at index 1."""

    name = "fails_at_one"

    def __getitem__(self, idx: int) -> dict[str, Any]:
        if idx == 1:
            raise ValueError("there is no such question")
        return super().__getitem__(idx)


class WrongAnswer(OddDataset):
    """Stores an answer that its own scorer does not take."""

    name = "wrong_answer"

    def score_answer(self, answer: str | None, entry: dict[str, Any]) -> float:
        return 1.0 if answer == f"the answer is {entry['answer']}" else 0.5


class Strange(OddDataset):
    """Scores, stores and tells strange things."""

    name = "strange"

    def __getitem__(self, idx: int) -> dict[str, Any]:
        made = super().__getitem__(idx)
        made["metadata"].update({"complex": 1j, "nan": float("nan"), "pairs": {(1, 2): {3}}})
        return made

    def score_answer(self, answer: str | None, entry: dict[str, Any]) -> float:
        strange = {"nan": float("nan"), "large": 7, "negative": -3.0, "hungry": None, "dies": None}
        if answer == "hungry":
            return float(len(bytearray(1 << 40)))
        if answer == "dies":
            os._exit(3)
        if answer in strange:
            return strange[answer]
        if answer == entry["answer"]:
            return 1.0
        raise KeyError(answer)


def _wait_for(path: str) -> None:
    while not Path(path).exists():
        time.sleep(0.01)


for _dataset in (Gated, GatedScore, FailsAtOne, WrongAnswer, Strange):
    register_dataset(_dataset.name, _dataset, OddConfig)
