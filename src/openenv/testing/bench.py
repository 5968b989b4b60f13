"""Where environments are played for a check."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from openenv.core.env_server.types import Observation, State

from .actions import ActionSource
from .compare import first_difference, without
from .player import CallFailedError, Player
from .report import EnvironmentCheckError

logger = logging.getLogger("openenv.testing")

EPISODE_ID = "episode-of-the-check"


@dataclass
class Episode:
    """A recorded episode: what was done, and what was shown."""

    actions: list[Any] = field(default_factory=list)
    observations: list[Any] = field(default_factory=list)
    dumps: list[Any] = field(default_factory=list)


def call_at(index: int) -> str:
    """The call that showed the observation at ``index`` of an episode."""
    return f"step {index}" if index else "reset"


class Bench:
    """Makes players, records episodes and compares them, on behalf of the rule that is being checked.

    Attributes:
        rule: its name; ``mend``: how an environment that breaks it is put right.
        seeds: the seeds to play.
    """

    def __init__(
        self,
        factory: Callable[[], Any],
        source: ActionSource,
        seeds: Sequence[int],
        reset_arguments: Mapping[str, Any],
        ignore: Collection[str],
        runner: asyncio.Runner,
    ) -> None:
        self.source = source
        self.seeds = tuple(seeds)
        self.rule = ""
        self.mend = ""
        self._factory = factory
        self.reset_arguments = dict(reset_arguments)
        self._ignore = frozenset(ignore)
        self._runner = runner
        self._players: list[Player] = []
        self._recorded: dict[int, Episode] = {}

    @property
    def steps(self) -> int:
        """How many steps were taken in all."""
        return sum(player.steps for player in self._players)

    @contextlib.contextmanager
    def player(self) -> Iterator[Player]:
        """A new environment, closed at the end."""
        player = Player(self._factory, self._runner)
        self._players.append(player)
        try:
            yield player
        finally:
            if not player.closed:
                try:
                    player.close()
                except CallFailedError as error:
                    # close_is_idempotent is the rule that is about this; what is checked here comes first.
                    logger.warning("%s", error)

    def fail(self, seen: str) -> EnvironmentCheckError:
        """The error to raise where the rule is broken."""
        return EnvironmentCheckError(self.rule, seen, self.mend)

    # Playing

    def start(self, player: Player, seed: int | None = None, episode_id: str | None = EPISODE_ID) -> Any:
        """Reset; the observation, which is one."""
        observation = player.reset(**{**self.reset_arguments, "seed": seed, "episode_id": episode_id})
        return self._checked(observation, "reset")

    def act(self, player: Player, action: Any) -> Any:
        """Step; the observation, which is one."""
        return self._checked(player.step(action), "step")

    def _checked(self, observation: Any, verb: str) -> Any:
        if not isinstance(observation, Observation):
            raise self.fail(f"{verb} returned {type(observation).__name__}, not an Observation")
        return observation

    def play(self, player: Player, seed: int, actions: Sequence[Any] | None = None) -> Iterator[Any]:
        """Play an episode to its end, one observation at a time; with ``actions``, those."""
        observation = self.start(player, seed)
        yield None, observation
        for index in range(self.source.count if actions is None else len(actions)):
            if observation.done:
                return
            action = self.source.next(player.environment, observation, index) if actions is None else actions[index]
            observation = self.act(player, action)
            yield action, observation

    def record(self, player: Player, seed: int, actions: Sequence[Any] | None = None) -> Episode:
        """Play and record an episode."""
        episode = Episode()
        for action, observation in self.play(player, seed, actions):
            if action is not None:
                episode.actions.append(action)
            episode.observations.append(observation)
            episode.dumps.append(self.dump(observation))
        return episode

    def episode(self, seed: int) -> Episode:
        """The episode of ``seed``, played once by an instance of its own, and the model for later ones."""
        if seed not in self._recorded:
            with self.player() as player:
                self._recorded[seed] = self.record(player, seed)
        return self._recorded[seed]

    # Comparing

    def dump(self, observation: Any) -> Any:
        """The fields of an observation that must be the same in a repeated episode."""
        return without(observation.model_dump(warnings=False), self._ignore)

    def state_of(self, player: Player) -> Any:
        """The fields of the state.

        Raises:
            EnvironmentCheckError: if it is no State.
        """
        state = player.state
        if not isinstance(state, State):
            raise self.fail(f"state is a {type(state).__name__}, not a State")
        return state.model_dump(warnings=False)

    def same_episode(self, first: Episode, second: Episode, circumstances: str) -> None:
        """Raise where two episodes that should be the same are not."""
        if len(first.dumps) != len(second.dumps):
            raise self.fail(
                f"{circumstances}, the episode has {len(second.dumps)} observations, not {len(first.dumps)}"
            )
        for index, (one, other) in enumerate(zip(first.dumps, second.dumps, strict=True)):
            if (difference := first_difference(one, other)) is not None:
                raise self.fail(f"{circumstances}, the observation of {call_at(index)} differs: {difference}")
