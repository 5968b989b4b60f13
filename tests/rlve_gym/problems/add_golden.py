"""Adds recorded instances and verdicts to golden/, one file per problem.

python tests/rlve_gym/problems/add_golden.py path/to/golden.jsonl Sorting Knapsack
"""

import gzip
import json
import sys
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden"


def add(source: Path, identifiers: list[str]) -> None:
    rows = [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines()]
    for identifier in identifiers:
        lines = [json.dumps(row) + "\n" for row in rows if row["id"] == identifier]
        if not lines:
            raise SystemExit(f"{source} has nothing recorded for {identifier}")
        # mtime=0: the same rows make the same file.
        data = gzip.compress("".join(lines).encode(), mtime=0)
        (GOLDEN / f"{identifier}.jsonl.gz").write_bytes(data)
        print(f"{identifier}: {len(lines)} instances")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    add(Path(sys.argv[1]), sys.argv[2:])
