"""The blocks of ``docs/harness.md``, in order, in one fresh interpreter, print what they say."""

import re
import subprocess
import sys

from tests.core.harness.conftest import ROOT

PAGE = (ROOT / "docs" / "harness.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def test_the_blocks_run_and_print_what_they_say() -> None:
    program = "\n".join(BLOCKS)
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stderr
    promised = re.findall(r"^print\(.*\)  # (.+)$", program, re.MULTILINE)
    assert len(BLOCKS) == 4
    assert run.stdout.splitlines() == promised
