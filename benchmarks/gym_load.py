"""Sessions that play RLVE_Gym as fast as they are answered: ``python -m benchmarks.gym_load URL resets``.

The package's own asynchronous client, in this one process; the result is one JSON object on stdout.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from array import array
from typing import Any

import uvloop

from benchmarks.load import percentiles
from envs.RLVE_Gym import RlveGymAction, RlveGymEnv

ANSWER = RlveGymAction(output="I think it is <answer>0</answer>")


class Player:
    """One session in a closed loop.

    Args:
        verb: ``resets``, each posing another problem; ``steps``, all for the first problem; ``episodes``, a reset and
            a step in turn.
        seed: of its first problem; grows by one with each reset, and is given with each: left to themselves, all
            sessions ask for the same problems, and the server makes those once.
    """

    def __init__(self, url: str, verb: str, seed: int) -> None:
        self.done = 0
        self.latencies = array("Q")
        self._env = RlveGymEnv(base_url=url, message_timeout_s=120)
        self._verb = verb
        self._seed = seed

    async def start(self) -> None:
        """Connect and pose the first problem."""
        await self._reset()

    async def play(self) -> None:
        """Until cancelled."""
        while True:
            started = time.perf_counter_ns()
            if self._verb != "steps":
                await self._reset()
            if self._verb != "resets":
                await self._check(await self._env.step(ANSWER))
            self.latencies.append(time.perf_counter_ns() - started)
            self.done += 1

    async def close(self) -> None:
        await self._env.close()

    async def _reset(self) -> None:
        await self._check(await self._env.reset(seed=self._seed))
        self._seed += 1

    async def _check(self, result: Any) -> None:
        if not result.observation.success:
            raise RuntimeError(f"the server answers: {result.observation.message}")


async def measure(url: str, verb: str, sessions: int, warm_up_s: float, duration_s: float) -> dict[str, Any]:
    """``sessions`` sessions play for ``duration_s`` seconds after a warm-up."""
    first = random.randrange(10**12)  # another run's problems may still be kept by the server
    players = [Player(url, verb, first + 10**6 * number) for number in range(sessions)]
    await asyncio.gather(*(player.start() for player in players))
    playing = asyncio.gather(*(player.play() for player in players))
    await asyncio.wait({playing}, timeout=warm_up_s)
    for player in players:
        player.done = 0
        del player.latencies[:]
    used, started = time.process_time(), time.perf_counter()
    await asyncio.wait({playing}, timeout=duration_s)
    used, elapsed = time.process_time() - used, time.perf_counter() - started
    done = sum(player.done for player in players)
    latencies = sorted(latency for player in players for latency in player.latencies)
    if playing.done():
        playing.result()  # one has failed: tell why
    playing.cancel()
    await asyncio.wait({playing})
    await asyncio.gather(*(player.close() for player in players))
    return {f"{verb}_per_s": done / elapsed, **percentiles(latencies), "generator_load": used / elapsed}


def main() -> int:
    """Run one measurement and print its result as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gym_load", description="load generator for RLVE_Gym")
    parser.add_argument("url")
    parser.add_argument("verb", choices=["resets", "steps", "episodes"])
    parser.add_argument("--sessions", type=int, default=32)
    parser.add_argument("--warm-up", type=float, default=1.0, metavar="S")
    parser.add_argument("--duration", type=float, default=5.0, metavar="S")
    options = parser.parse_args()
    print(json.dumps(uvloop.run(measure(*vars(options).values()))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
