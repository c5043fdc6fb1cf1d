"""What this process costs: memory, processor, open files, under the names every dashboard knows.

Source: Prometheus client guidelines, "Process metrics"; proc(5).
"""

import os
import resource
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from edge.metrics import Metric, counter, gauge

_PROC = Path("/proc/self")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_STARTED_AT = time.time()


def process_metrics() -> Iterator[Metric]:
    """Yield this process' own numbers; what the system does not tell is left out."""
    own = {"version": version("minori")}
    yield Metric("minori_build_info", "gauge", "1, with the version that runs.", [(own, 1)])
    yield gauge(
        "process_start_time_seconds", "When this process began, since 1970.", round(_STARTED_AT, 3)
    )
    used = resource.getrusage(resource.RUSAGE_SELF)
    yield counter(
        "process_cpu_seconds_total", "Processor time used.", used.ru_utime + used.ru_stime
    )
    if _PROC.is_dir():
        resident = int((_PROC / "statm").read_text().split()[1]) * _PAGE_BYTES
        yield gauge("process_resident_memory_bytes", "Memory in use.", resident)
        yield gauge("process_open_fds", "Open files.", len(list((_PROC / "fd").iterdir())))
