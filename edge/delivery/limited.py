"""Blocking work in a thread that may be left behind: a library that hangs must not hang us."""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")


async def within(seconds: float, work: Callable[[], _T], *, name: str) -> _T:
    """Return what `work` returns, run in a thread of its own.

    A pool would wait for the thread at our end; this one is a daemon and dies with the process.

    Raises:
        TimeoutError: it took longer; the thread may still be at it.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[_T] = loop.create_future()

    def settle(result: _T | None, error: BaseException | None) -> None:
        if done.done():
            return
        if error is None:
            done.set_result(result)  # type: ignore[arg-type]
        else:
            done.set_exception(error)

    def run() -> None:
        result, trouble = None, None
        try:
            result = work()
        except Exception as error:  # noqa: BLE001  whatever it is, it is the caller's
            trouble = error
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, result, trouble)

    threading.Thread(target=run, name=name, daemon=True).start()
    async with asyncio.timeout(seconds):
        return await done
