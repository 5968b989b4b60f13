"""What is measured: one function a topic, each yielding samples of every variant in turn (A B A B ...)."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.meter import Meter
from benchmarks.peer_env import ROOT
from benchmarks.serving import ServerProcess, clean_environment, serving

IMPORT: Final = """
import time
started = time.perf_counter()
from openenv.core.env_client import EnvClient
print(time.perf_counter() - started)
"""

Sample = dict[str, Any]
Samples = dict[str, list[Sample]]


@dataclass(frozen=True)
class Plan:
    """How to measure.

    Attributes:
        ours: interpreter with this package.
        peer: interpreter with the public package; None leaves its variants out.
        repetitions: samples of each variant.
        duration_s: length of one steady sample.
        server_cpu, client_cpu: processors to bind to; None where there is only one.
        progress: told what is being measured.
    """

    ours: Path
    peer: Path | None
    repetitions: int
    duration_s: float
    server_cpu: int | None
    client_cpu: int | None
    progress: Callable[[str], None] = field(default=print)

    def variants(self, **apps: str) -> dict[str, tuple[Path, str]]:
        """Interpreter and app by variant; ``peer`` is served from the peer's environment, if there is one."""
        found = {}
        for variant, app in apps.items():
            python = self.peer if variant == "peer" else self.ours
            if python is not None:
                found[variant] = (python, app)
        return found

    def pythons(self) -> dict[str, Path]:
        """The interpreters by variant."""
        return {"ours": self.ours} if self.peer is None else {"ours": self.ours, "peer": self.peer}

    def in_turn(self, variants: "dict[str, Any]", topic: str) -> Iterator[str]:
        """The variants, over and over, as often as there are repetitions."""
        for repetition in range(self.repetitions):
            for variant in variants:
                self.progress(f"{topic}: {variant}, {repetition + 1} of {self.repetitions}")
                yield variant

    def run(self, *command: str | Path) -> str:
        """Run a command on the client's processor and return its stdout.

        Raises:
            RuntimeError: if it fails; the message holds its stderr.
        """
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=clean_environment(),
        )
        if self.client_cpu is not None:
            os.sched_setaffinity(process.pid, {self.client_cpu})
        output, errors = process.communicate()
        if process.returncode != 0:
            raise RuntimeError(f"{command} ended with status {process.returncode}:\n{errors}")
        return output


def plain(plan: Plan) -> Samples:
    """The plain echo, 64 sessions in a closed loop."""
    return _load(
        plan, "plain", "plain", plan.variants(ours="plain", threads="plain_threads", peer="plain", bare="bare")
    )


def mcp(plan: Plan) -> Samples:
    """The MCP echo, 64 sessions in a closed loop."""
    return _load(plan, "mcp", "mcp", plan.variants(ours="mcp_echo", peer="mcp_echo"))


def burst(plan: Plan) -> Samples:
    """1,024 sessions of the plain echo at once: connect, reset, 20 steps."""
    variants = plan.variants(ours="plain", threads="plain_threads", peer="plain", bare="bare")
    return _load(plan, "burst", "plain", variants, ["burst"])


def sync(plan: Plan) -> Samples:
    """One session of the plain echo, each package's own synchronous client against its own server."""
    variants = plan.variants(ours="plain", threads="plain_threads", peer="plain")

    def sample(server: ServerProcess, variant: str) -> Sample:
        script = ROOT / "benchmarks" / "sync_client.py"
        meter = Meter(server)
        output = plan.run(variants[variant][0], script, server.url, str(plan.duration_s))
        return {**json.loads(output), **meter.stop()}

    return _served(plan, "sync", variants, sample)


def imports(plan: Plan) -> Samples:
    """``from openenv.core.env_client import EnvClient`` in fresh processes."""
    pythons = plan.pythons()
    samples: Samples = defaultdict(list)
    for variant in plan.in_turn(pythons, "import"):
        samples[variant].append({"seconds": float(plan.run(pythons[variant], "-c", IMPORT))})
    return samples


def memory(plan: Plan) -> Samples:
    """Idle servers after one request, the plain one and the MCP one."""
    variants = plan.variants(ours="plain", peer="plain")
    variants |= {f"{name} mcp": found for name, found in plan.variants(ours="mcp_echo", peer="mcp_echo").items()}
    samples: Samples = defaultdict(list)
    for variant in plan.in_turn(variants, "memory"):
        python, app = variants[variant]
        with serving(python, f"benchmarks.servers.{app}:app", ROOT, cpu=plan.server_cpu) as server:
            server.get("/health")
            samples[variant].append(server.memory_mib())
    return samples


def command_help(plan: Plan) -> Samples:
    """``openenv --help`` in fresh processes."""
    pythons = plan.pythons()
    samples: Samples = defaultdict(list)
    for variant in plan.in_turn(pythons, "help"):
        started = time.perf_counter()
        plan.run(pythons[variant].parent / "openenv", "--help")
        samples[variant].append({"seconds": time.perf_counter() - started})
    return samples


def install(plan: Plan) -> Samples:
    """Distributions of a base install into a fresh environment; slow, so once is enough."""
    plan.progress("install: a fresh environment")
    with tempfile.TemporaryDirectory(prefix="openenv-install-") as folder:
        source, python = Path(folder) / "source", Path(folder) / "venv" / "bin" / "python"
        source.mkdir()
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, source)
        shutil.copytree(ROOT / "src", source / "src", ignore=shutil.ignore_patterns("*.egg-info", "__pycache__"))
        venv.create(python.parent.parent, with_pip=True)
        plan.run(python, "-m", "pip", "install", "--quiet", source)
        samples: Samples = {"ours": [{"distributions": _distributions(plan, python)}]}
    if plan.peer is not None:
        samples["peer"] = [{"distributions": _distributions(plan, plan.peer)}]
    return samples


def _distributions(plan: Plan, python: Path) -> int:
    names = {entry["name"] for entry in json.loads(plan.run(python, "-m", "pip", "list", "--format=json"))}
    return len(names - {"pip", "setuptools", "wheel"})


def _load(
    plan: Plan,
    topic: str,
    kind: str,
    variants: dict[str, tuple[Path, str]],
    verb: "list[str] | None" = None,
) -> Samples:
    """Samples of the load generator, with the server's processor time a step beside them."""
    arguments = verb or ["steady", "--duration", str(plan.duration_s)]

    def sample(server: ServerProcess, variant: str) -> Sample:
        meter = Meter(server)
        output = plan.run(
            sys.executable, "-m", "benchmarks.load", "--port", str(server.port), "--kind", kind, *arguments
        )
        found: Sample = {**json.loads(output), **meter.stop()}
        if found["failed"] and verb is None:  # a session less is a lighter load: such a sample says nothing
            raise RuntimeError(f"{variant}: {found['failed']} sessions failed: {found['errors']}")
        # The warm-up's steps are in the processor time, so they have to be in the divisor.
        found["cpu_us_per_step"] = found["server_cpu_s"] * 1e6 / max(found["all_steps"], 1)
        return found

    return _served(plan, topic, variants, sample)


def _served(
    plan: Plan,
    topic: str,
    variants: dict[str, tuple[Path, str]],
    sample: Callable[[ServerProcess, str], Sample],
) -> Samples:
    """Samples of servers that all run from the first sample to the last, idle while another is measured."""
    samples: Samples = defaultdict(list)
    with ExitStack() as stack:
        servers = {
            variant: stack.enter_context(serving(python, f"benchmarks.servers.{app}:app", ROOT, cpu=plan.server_cpu))
            for variant, (python, app) in variants.items()
        }
        for server in servers.values():
            server.get("/health")
        for variant in plan.in_turn(servers, topic):
            samples[variant].append(sample(servers[variant], variant))
    return samples


TOPICS: Final[dict[str, Callable[[Plan], Samples]]] = {
    "plain": plain,
    "mcp": mcp,
    "burst": burst,
    "sync": sync,
    "import": imports,
    "memory": memory,
    "help": command_help,
    "install": install,
}
