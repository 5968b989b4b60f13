"""Deep checks (levels 20 and 40) run only where they are asked for: pytest -m deep."""

import pytest
from hypothesis import settings

# The same examples in every run, and no time limits of single examples on a busy machine.
settings.register_profile("rlve_gym", deadline=None, derandomize=True)
settings.load_profile("rlve_gym")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "deep" in config.getoption("markexpr"):
        return
    deep = [item for item in items if item.get_closest_marker("deep")]
    if deep:
        config.hook.pytest_deselected(items=deep)
        items[:] = [item for item in items if not item.get_closest_marker("deep")]
