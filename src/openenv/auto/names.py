"""The names of environments: of packages on this machine, and of Hugging Face Spaces."""

import re
import urllib.parse
from typing import Final

from ..core.utils import hf_space_subdomain

_HUB_HOSTS: Final = frozenset({"huggingface.co", "www.huggingface.co", "hf.co"})
_HUB_PART: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.))*", re.ASCII)
_DISTRIBUTION: Final = re.compile(r"openenv[-_.]+(?P<rest>.+)", re.IGNORECASE | re.DOTALL)


def canonical(name: str) -> str:
    """One spelling for all that mean the same: ``echo``, ``echo-env``, ``Echo_Env`` give ``echo``."""
    spelled = spelling(name)
    return spelled.removesuffix("_env") or spelled


def spelling(name: str) -> str:
    """``name`` in lower case with underscores, without the ``openenv-`` that distributions begin with."""
    match = _DISTRIBUTION.fullmatch(name.strip())
    return re.sub(r"[-_.\s]+", "_", match["rest"] if match else name.strip()).strip("_").lower()


def environment_part(distribution: str) -> str | None:
    """``openenv-echo-env`` gives ``echo-env``; None for distributions that are no environments by their name."""
    match = _DISTRIBUTION.fullmatch(distribution)
    if match is None or spelling(distribution) == "core":
        return None
    return match["rest"]


def is_hub_id(name: str) -> bool:
    """Whether ``name`` means a Hugging Face Space and not a package: it has a ``/`` or names the Hub."""
    return "/" in name or "huggingface.co" in name


def hub_id(name: str) -> str:
    """``"<owner>/<space>"`` of a Space's id or URL.

    Raises:
        ValueError: if ``name`` is neither.
    """
    text = name.strip()
    parts = urllib.parse.urlsplit(text if "://" in text else f"//{text}")
    is_url = "://" in text or (parts.hostname or "") in _HUB_HOSTS
    path = [part for part in (parts.path if is_url else text).split("/") if part]
    if path[:1] == ["spaces"]:
        path = path[1:]
    if is_url:
        path = path[:2]  # what follows is a page of the Space
    from_hub = not is_url or (parts.scheme in ("", "http", "https") and parts.hostname in _HUB_HOSTS)
    if not from_hub or len(path) != 2 or not all(_HUB_PART.fullmatch(part) for part in path):
        raise ValueError(
            f"{name!r} is no Space of the Hugging Face Hub: give 'owner/space' or "
            "'https://huggingface.co/spaces/owner/space'; a running server goes into base_url, and an environment's "
            "directory into EnvClient.from_process()"
        )
    return "/".join(path)


def space_url(space: str) -> str:
    """Where a running Space serves."""
    return f"https://{hf_space_subdomain(space)}.hf.space"


def space_image(space: str) -> str:
    """The Docker image of a Space."""
    return f"registry.hf.space/{hf_space_subdomain(space)}:latest"
