"""`make bench`: every speed claim as a ratio against a named rival or limit of the same run.

Each module of this folder has TITLE and `rows()`, which yields `bench.report.Row` as it measures.
`python -m bench gs1 mqtt` runs some; `python -m bench` runs all. Never part of the tests: a busy
machine makes any number, and a ratio is only as good as the quiet around it.
"""

import importlib
import os
import platform
import sys
from pathlib import Path

from bench.report import show

ORDER = (
    "mqtt",
    "mqtt_clients",
    "fleet",
    "store",
    "agent",
    "provenance",
    "modbus",
    "decode",
    "gs1",
    "uplink",
    "graph",
    "recall",
    "forecasting",
)


def main(names: list[str]) -> None:
    here = {path.stem for path in Path(__file__).parent.glob("*.py")}
    chosen = names or [name for name in ORDER if name in here]
    unknown = [name for name in chosen if name not in here]
    if unknown:
        sys.exit(f"no bench called {', '.join(unknown)}; there are {', '.join(ORDER)}")
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {load}")
    for name in chosen:
        module = importlib.import_module(f"bench.{name}")
        show(module.TITLE, module.rows())


if __name__ == "__main__":
    main(sys.argv[1:])
