"""What can go wrong between a name and an environment. All of them are ``ValueError`` as well."""

from ..core.errors import EnvConnectionError, OpenEnvError


class UnknownEnvironmentError(OpenEnvError, ValueError):
    """No installed environment has the name."""


class AmbiguousEnvironmentError(OpenEnvError, ValueError):
    """Several installed environments answer to the name."""


class BrokenEnvironmentError(OpenEnvError, ImportError, ValueError):
    """The environment's package is installed, but cannot be imported or lacks the class."""


class RemoteCodeError(OpenEnvError, ValueError):
    """A Space's package is needed, and nobody has allowed to install it."""


class InstallError(OpenEnvError, ValueError):
    """A Space's package could not be installed; the message has the installer's last lines."""


class ServerDownError(EnvConnectionError, ValueError):
    """No healthy server answers at the URL, and none may be started in its place."""
