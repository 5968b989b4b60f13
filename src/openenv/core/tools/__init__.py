"""Tools that environments are built from. Names are loaded when they are first used.

``PyExecutor`` is None where ``smolagents`` is not installed: it comes with ``openenv[tools]``.
"""

from typing import TYPE_CHECKING, Any

from ..._lazy import lazy_exports

if TYPE_CHECKING:
    from .git_server_client import GitServerClient, RepoInfo
    from .local_python_executor import PyExecutor

__all__ = ["GitServerClient", "PyExecutor", "RepoInfo"]

_load, __dir__ = lazy_exports(
    __name__,
    {
        "GitServerClient": ".git_server_client",
        "PyExecutor": ".local_python_executor",
        "RepoInfo": ".git_server_client",
    },
)


def __getattr__(name: str) -> Any:
    if name == "PyExecutor":
        from .local_python_executor import has_smolagents

        if not has_smolagents():
            return None
    return _load(name)
