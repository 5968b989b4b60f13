"""What the instances of every problem are, in a few letters each: they may change with no Python, library or release.

python tests/rlve_gym/problems/fingerprints.py Sorting Knapsack    (writes theirs down: for a new problem, or for one
that draws otherwise on purpose, which belongs in the changelog)
"""

import hashlib
import json
import sys
from pathlib import Path

from RLVE_Gym import problems

KEPT = Path(__file__).with_suffix(".json")
INSTANCES = [(seed, level) for level in (0, 3, 8) for seed in range(4)]


def fingerprint(identifier: str) -> str:
    """Of some instances, prompts left out: those may become better."""
    problem = problems.get(identifier)
    found = [problem.generate(seed, level).to_dict() for seed, level in INSTANCES]
    return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()[:16]


def kept() -> dict[str, str]:
    """The fingerprints written down, by identifier."""
    found: dict[str, str] = json.loads(KEPT.read_text(encoding="utf-8"))
    return found


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    new = {**(kept() if KEPT.exists() else {}), **{identifier: fingerprint(identifier) for identifier in sys.argv[1:]}}
    KEPT.write_text(json.dumps(dict(sorted(new.items())), indent=1) + "\n", encoding="utf-8")
