"""A process of its own for each fit: started anew, given JSON, killed when nobody waits any more.

Never forked: a pool forked after a Prophet fit hangs for ever.
"""

import asyncio
import json
import sys
from typing import Any

from edge.errors import FitFailed

# A fit takes seconds on a small board; one that has not ended by then never will.
LIMIT_S = 600.0


async def in_child(module: str, series: str, request: dict[str, Any]) -> dict[str, Any]:
    """Have a module's `main` answer a request in a process of its own.

    Raises:
        FitFailed: there was no answer, or a library is missing.
    """
    # -P: the folder we happen to stand in is not a place to import `edge` from.
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", module),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(LIMIT_S):
            out, err = await child.communicate(json.dumps(request).encode())
    except TimeoutError as error:
        cause = f"it did not end within {LIMIT_S:.0f} s"
        raise FitFailed(series=series, cause=cause, next_step="try again later") from error
    finally:
        # Cancelled or late: nobody waits for the answer any more, so nobody need compute it.
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode != 0:
        last = (err.decode(errors="replace").strip().splitlines() or ["it said nothing"])[-1]
        raise FitFailed(
            series=series,
            cause=f"its process ended with {child.returncode} ({last})",
            next_step="a negative number is a signal, -9 mostly too little memory; try again",
        )
    answer: dict[str, Any] = json.loads(out)
    if "missing" in answer:
        raise FitFailed(
            series=series,
            cause=f"the library {answer['missing']} is not installed here",
            next_step="install Minori with its forecast extra: pip install 'minori[forecast]'",
        )
    return answer
