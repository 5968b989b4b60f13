"""Where the processors' time goes while a sample is taken."""

import resource
import time
from pathlib import Path
from typing import Final

from benchmarks.serving import TICKS_PER_SECOND, ServerProcess

# Fields of the first line of /proc/stat that are no idling: user, nice, system, irq, softirq, steal.
_BUSY: Final = (1, 2, 3, 6, 7, 8)


class Meter:
    """Counts from its construction on.

    Args:
        server: the server being measured; the commands run meanwhile have to be children of this process.
    """

    def __init__(self, server: ServerProcess) -> None:
        self._server = server
        self._at = self._read()

    def stop(self) -> dict[str, float]:
        """Seconds of processor time the server took (``server_cpu_s``), and how many processors all other
        processes of the machine kept busy on average (``other_load``)."""
        elapsed, busy, served, children = (now - then for now, then in zip(self._read(), self._at, strict=True))
        return {"server_cpu_s": served, "other_load": max(0.0, busy - served - children) / elapsed}

    def _read(self) -> tuple[float, float, float, float]:
        ticks = Path("/proc/stat").read_text().split("\n", 1)[0].split()
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return (
            time.perf_counter(),
            sum(int(ticks[field]) for field in _BUSY) / TICKS_PER_SECOND,
            self._server.cpu_seconds(),
            children.ru_utime + children.ru_stime,
        )
