"""The former name of :mod:`openenv.core`: every module under it is the very module of the new name."""

import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import openenv.core as _core

_OLD = __name__ + "."
_NEW = _core.__name__ + "."


class _AliasLoader(Loader):
    """Hands out a module that is loaded under another name."""

    def __init__(self, name: str) -> None:
        self._name = name

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = import_module(self._name)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # The import system has just put the alias's spec on the module; the module has run long ago.
        module.__spec__ = self._spec


class _AliasFinder(MetaPathFinder):
    """Finds ``openenv_core.x`` as ``openenv.core.x``."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith(_OLD):
            return None
        name = _NEW + fullname.removeprefix(_OLD)
        found = find_spec(name)
        if found is None:
            return None
        is_package = found.submodule_search_locations is not None
        return ModuleSpec(fullname, _AliasLoader(name), is_package=is_package)


def __getattr__(name: str) -> Any:
    return getattr(_core, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *dir(_core)})


warnings.warn("openenv_core is now openenv.core: import that instead", DeprecationWarning, stacklevel=2)
# In front of the others: they would find the files a second time, under the old name.
sys.meta_path.insert(0, _AliasFinder())
