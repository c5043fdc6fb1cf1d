"""Prints a lock file as one Python on Linux reads it: what is meant for others is left out.

pip judges markers by the Python it runs on, whatever --python-version says.

    python for_python.py LOCK VERSION
"""

import re
import sys
from pathlib import Path

from packaging.markers import Marker


def lines_for(lock: str, version: str) -> str:
    """Return the lock without markers, only what holds for CPython `version` on Linux."""
    there = {
        "implementation_name": "cpython",
        "os_name": "posix",
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "python_full_version": f"{version}.0",
        "python_version": version,
        "sys_platform": "linux",
    }
    kept = []
    for block in re.split(r"(?m)^(?=\w)", lock):
        head, _, rest = block.partition("\n")
        name, semicolon, marker = head.partition(" ; ")
        if not semicolon:
            kept.append(block)
        elif Marker(marker.removesuffix("\\").strip()).evaluate(there):
            kept.append(f"{name} \\\n{rest}")
    return "".join(kept)


if __name__ == "__main__":
    sys.stdout.write(lines_for(Path(sys.argv[1]).read_text(encoding="utf-8"), sys.argv[2]))
