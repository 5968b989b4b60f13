"""What is asked of a Gitea server over its HTTP API."""

from typing import Any, Final, TypedDict
from urllib.parse import urlsplit

from ..client.open_socket import is_loopback
from ..errors import EnvConnectionError
from .git_command import GitServerError

_PAGE_SIZE: Final = 50  # the most that Gitea gives, unless it is set up otherwise
_REQUEST_TIMEOUT_S: Final = 30.0


class RepoInfo(TypedDict):
    """A repository on the server. All values are text."""

    name: str
    full_name: str
    clone_url: str
    description: str
    default_branch: str


class GiteaApi:
    """Asks a Gitea server as one account.

    Raises:
        ValueError: if ``url`` is none, or holds credentials.
    """

    def __init__(self, url: str, username: str, password: str) -> None:
        parts = urlsplit(url.strip())
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("gitea_url must look like 'http://gitea:3000'")
        if parts.username is not None or parts.password is not None:
            raise ValueError("gitea_url must hold no credentials: give username and password")
        self.url = url.strip().rstrip("/")
        self._auth = (username, password)
        self._trust_env = not is_loopback(parts.hostname)

    def answers(self, timeout_s: float) -> bool:
        """Whether the server is up, whatever it thinks of the account."""
        try:
            status, _ = self._get("version", {}, timeout_s)
        except EnvConnectionError:
            return False
        return status < 500

    def repositories(self) -> list[RepoInfo]:
        """The repositories that the account can reach, in the server's order.

        Raises:
            EnvConnectionError: if the server cannot be reached.
            GitServerError: if it refuses, or is no Gitea server.
        """
        found: list[RepoInfo] = []
        page = 1
        while True:
            entries = self._list("user/repos", {"page": page, "limit": _PAGE_SIZE})
            if not entries:  # the server may give fewer than asked for, so only an empty page is the last
                return found
            found += [_repo_info(entry) for entry in entries]
            page += 1

    def _list(self, path: str, query: dict[str, int]) -> list[Any]:
        status, content = self._get(path, query, _REQUEST_TIMEOUT_S)
        if status in (401, 403):
            raise GitServerError(f"{self.url} refuses the account {self._auth[0]!r}: is the password right?")
        if status != 200:
            raise GitServerError(f"{self.url} answered {status} when asked for {path}: is it a Gitea server?")
        if not isinstance(content, list):
            raise GitServerError(f"{self.url} answered no list when asked for {path}: is it a Gitea server?")
        return content

    def _get(self, path: str, query: dict[str, int], timeout_s: float) -> tuple[int, Any]:
        """Status and JSON content of a reply; None for what is no JSON."""
        import httpx

        try:
            with httpx.Client(auth=self._auth, timeout=timeout_s, trust_env=self._trust_env) as client:
                reply = client.get(f"{self.url}/api/v1/{path}", params=query)
        except httpx.HTTPError as error:
            raise EnvConnectionError(f"{self.url} cannot be reached: {str(error) or type(error).__name__}") from error
        try:
            return reply.status_code, reply.json()
        except ValueError:
            return reply.status_code, None


def _repo_info(entry: Any) -> RepoInfo:
    if not isinstance(entry, dict) or "name" not in entry:
        raise GitServerError("the server listed something that is no repository: is it a Gitea server?")
    return RepoInfo(
        name=str(entry["name"]),
        full_name=str(entry.get("full_name") or entry["name"]),
        clone_url=str(entry.get("clone_url") or ""),
        description=str(entry.get("description") or ""),
        default_branch=str(entry.get("default_branch") or ""),
    )
