"""A synchronous client, one session: runs in either environment, with the client of the package it finds there.

``python sync_client.py URL SECONDS`` steps the plain echo and prints steps and seconds as JSON.
"""

import json
import sys
import time

from openenv.core.generic_client import GenericEnvClient


def main() -> int:
    """Step for the seconds given and print the result."""
    url, duration_s = sys.argv[1], float(sys.argv[2])
    with GenericEnvClient(base_url=url).sync() as client:
        client.reset()
        steps, begun, used, warm_until = 0, 0.0, 0.0, time.perf_counter() + duration_s / 5
        until = warm_until + duration_s
        while True:
            now = time.perf_counter()
            if now >= until:
                break
            if not begun and now >= warm_until:
                steps, begun, used = 0, now, time.process_time()
            message = f"message {steps}"
            result = client.step({"message": message})
            if result.observation["echoed"] != message:
                raise SystemExit(f"{message!r} was not echoed: {result}")
            steps += 1
        elapsed, used = time.perf_counter() - begun, time.process_time() - used
    print(json.dumps({"steps": steps, "steps_per_s": steps / elapsed, "client_cpu_us_per_step": used * 1e6 / steps}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
