"""Scripts that tests run in an interpreter of their own."""

import subprocess
import sys
import textwrap

from tests.core.client.conftest import ROOT


def run_script(code: str, *arguments: str, warnings: str = "always") -> subprocess.CompletedProcess[str]:
    """Run ``code`` in another interpreter, with every warning shown unless ``warnings`` says otherwise."""
    return subprocess.run(
        [sys.executable, "-W", warnings, "-c", textwrap.dedent(code), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        check=False,
    )
