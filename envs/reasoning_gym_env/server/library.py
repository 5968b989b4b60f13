"""The reasoning_gym library: questions posed and answers scored. Runs in worker processes."""

import math
import os
import pickle
import random
import sys
import warnings
import zlib
from collections import OrderedDict
from typing import Any, Final

# Workers are forked from a process that has this module loaded, which must not have threads.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import sympy.core.random

from openenv.core.wire import encode

from . import datasets, plain_answers, repairs  # noqa: F401  # our datasets register themselves
from .errors import GenerationError, brief
from .loading import Loaded, load
from .questions import Question, Verdict
from .selection import Selection

_MOST_KEPT: Final = 32

plain_answers.install()
repairs.install()

_kept: OrderedDict[str, Loaded] = OrderedDict()


def start() -> None:
    """Silence the library: some datasets print, or warn of, what goes wrong in them."""
    warnings.simplefilter("ignore")
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115  # for as long as the worker lives


def pose(selection: Selection, index: int) -> Question:
    """Make one question; see :func:`.work.pose`."""
    loaded = _loaded(selection, index)
    try:
        entry = loaded.dataset[index]
        text, answer, metadata = entry["question"], entry["answer"], entry["metadata"]
    except MemoryError:
        raise
    except Exception as error:
        where = f"question {index} of {selection.name} with seed {selection.seed}"
        raise GenerationError(f"{where} could not be made: {type(error).__name__}: {brief(error)}") from None
    source = metadata.setdefault("source_dataset", selection.parts[0].name)
    metadata["source_index"] = index  # circuit_logic tells another number
    packed = pickle.dumps(entry, pickle.HIGHEST_PROTOCOL)
    if not isinstance(answer, str) or _score(loaded, answer, packed).score < 1.0:
        answer = None
    return Question(
        selection, index, source, text, answer, _encoded(metadata), packed, loaded.top_difficulties.get(source)
    )


def _encoded(metadata: Any) -> bytes:
    try:
        return encode(metadata)
    except TypeError:  # it holds fractions or the like, which are told as text
        return encode(_plain(metadata))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in value]
    return value if value is None or isinstance(value, str | int | float) else str(value)


def judge(question: Question, answer: str) -> Verdict:
    """Score an answer; see :func:`.work.judge`."""
    return _score(_loaded(question.selection, question.index), answer, question.entry)


def _loaded(selection: Selection, index: int) -> Loaded:
    """The selection's dataset, ready for the question at ``index``. The latest ones are kept."""
    loaded = _kept.get(selection.key)
    if loaded is None:
        loaded = _kept[selection.key] = load(selection)
        if len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
    _kept.move_to_end(selection.key)
    loaded.restore()
    _seed_all(zlib.crc32(f"{selection.key} {index}".encode()))
    return loaded


def _seed_all(seed: int) -> None:
    """Seed the global generators: a few datasets use one, and the same question must come out every time."""
    random.seed(seed)
    np.random.seed(seed)
    sympy.core.random.seed(seed)


def _score(loaded: Loaded, answer: str, packed: bytes) -> Verdict:
    entry: dict[str, Any] = pickle.loads(packed)  # a scorer may change it
    try:
        score = float(loaded.dataset.score_answer(answer, entry))
    except MemoryError:
        raise
    except Exception as error:  # of the library's scorer, which could make nothing of this text
        return Verdict(0.0, f"{type(error).__name__}: {brief(error)}")
    return Verdict(min(max(score, 0.0), 1.0) if math.isfinite(score) else 0.0)
