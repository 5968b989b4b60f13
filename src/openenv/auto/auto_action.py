"""Action classes of environments by name."""

from typing import TYPE_CHECKING, Any, NoReturn, TypedDict

from ..core.generic_client import GenericAction

if TYPE_CHECKING:
    from .discovery import InstalledEnvironment


class ActionInfo(TypedDict):
    """What :meth:`AutoAction.get_action_info` tells."""

    env_key: str
    name: str
    package: str
    module: str
    action_class: str
    observation_class: str


class AutoAction:
    """Gives the action class of an environment by its name, as :class:`AutoEnv` does; never constructed."""

    def __init__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("AutoAction is not constructed: use AutoAction.from_env(name), which gives the action's class")

    @classmethod
    def from_env(cls, name: str, skip_install: bool = False, *, trust_remote_code: bool = False) -> type[Any]:
        """The class of the environment's actions.

        Args:
            name: of a package or a Space.
            skip_install: give :class:`GenericAction`, and neither install nor import a package.
            trust_remote_code: install a Space's package without asking. It runs its owner's code on this machine.

        Raises:
            UnknownEnvironmentError: if no package has the name; the message has those that look like it.
            RemoteCodeError, InstallError: if a Space's package may not or cannot be installed.
            BrokenEnvironmentError: if the package has no such class, or cannot be imported.
        """
        from .resolve import checked_name, find_or_install

        if skip_install:
            checked_name(name)
            return GenericAction
        from .classes import action_class

        return action_class(find_or_install(name, trust_remote_code=trust_remote_code))

    from_hub = from_env

    @classmethod
    def get_action_info(cls, name: str) -> ActionInfo:
        """What is known of an installed environment's actions. Its package is not imported.

        Raises:
            UnknownEnvironmentError: if it is not installed.
        """
        from .resolve import find_installed

        return _action_info(find_installed(name))

    @classmethod
    def list_actions(cls) -> dict[str, ActionInfo]:
        """Print the action classes of the installed environments, and return them by the environments' short names."""
        from .discovery import by_key
        from .listing import print_environments

        environments = by_key()
        print_environments(
            "Actions",
            ("environment", "action", "observation", "module"),
            [(key, e.action_class, e.observation_class, e.module) for key, e in environments.items()],
        )
        return {key: _action_info(environment) for key, environment in environments.items()}


def _action_info(environment: "InstalledEnvironment") -> ActionInfo:
    return ActionInfo(
        env_key=environment.key,
        name=environment.name,
        package=environment.distribution,
        module=environment.module,
        action_class=environment.action_class,
        observation_class=environment.observation_class,
    )
