"""The library by itself, for comparison. Runs in worker processes."""

from typing import Any


def registered() -> dict[str, str]:
    """Every dataset but the composite, and its category."""
    from reasoning_gym.factory import DATASETS

    from reasoning_gym_env.catalogue import OWN

    return {
        name: dataset_cls.category if name in OWN else dataset_cls.__module__.split(".")[1]
        for name, (dataset_cls, _) in DATASETS.items()
        if name != "composite"
    }


def entry(name: str, index: int, **arguments: Any) -> tuple[str, str | None]:
    """The question and the answer that the library's own ``create_dataset`` gives."""
    import reasoning_gym

    made = reasoning_gym.create_dataset(name, **arguments)[index]
    return made["question"], made["answer"]


def composite_entry(index: int, specs: list[dict[str, Any]], seed: int, size: int) -> tuple[str, str | None, str]:
    """The question, the answer and their dataset of the library's own composite."""
    from reasoning_gym.composite import CompositeConfig, CompositeDataset, DatasetSpec

    parts = [DatasetSpec(spec["name"], spec["weight"], spec["config"]) for spec in specs]
    made = CompositeDataset(CompositeConfig(size, seed, parts))[index]
    return made["question"], made["answer"], made["metadata"]["source_dataset"]


def score(name: str, answer: str, **arguments: Any) -> float:
    """How the library, without our repairs, scores an answer to a dataset's first question."""
    import reasoning_gym

    dataset = reasoning_gym.create_dataset(name, **arguments)
    return float(type(dataset).score_answer.__wrapped__(dataset, answer, dataset[0]))


def repaired() -> list[str]:
    """The datasets whose scores are ours."""
    from reasoning_gym_env.server.repairs import REPAIRED

    return list(REPAIRED)
