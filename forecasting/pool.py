"""The cores of this machine behind a seam shaped like `map`: a cluster's client fits there too.

Started by forkserver, never by fork: a pool forked after one Prophet fit in the parent hangs for
ever (seen twice). A worker keeps to one thread of linear algebra, so that two workers do not
share four threads and the same fit gives the same bytes.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import TypeVar

from forecasting.errors import WorkerDied

# The server that workers are forked from imports these once; each worker would take 3 s for it.
_IMPORTED_ONCE = ("forecasting.study", "statsforecast.models", "statsforecast.mstl")
_THREAD_SETTINGS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")

Item = TypeVar("Item")
Result = TypeVar("Result")
Map = Callable[[Callable[[Item], Result], Iterable[Item]], Iterator[Result]]


def each(
    function: Callable[[Item], Result], items: Sequence[Item], *, processes: int | None = None
) -> Iterator[Result]:
    """Yield `function(item)` in the order of the items, as each becomes ready.

    Args:
        function: importable by name, so that another process can find it.
        processes: None takes the cores of this machine; 1 stays in this process. Closing the
            iterator early cancels what has not begun.

    Raises:
        WorkerDied: a process was killed from outside, mostly because memory was full.
    """
    count = min(processes or os.cpu_count() or 1, len(items))
    if count <= 1:
        yield from map(function, items)
        return
    context = get_context("forkserver")
    context.set_forkserver_preload(list(_IMPORTED_ONCE))
    with _one_thread(), ProcessPoolExecutor(count, mp_context=context) as workers:
        try:
            yield from _ordered(workers, function, items)
        except BrokenProcessPool as error:
            raise WorkerDied(processes=count) from error


def _ordered(
    workers: Executor, function: Callable[[Item], Result], items: Sequence[Item]
) -> Iterator[Result]:
    waiting = [workers.submit(function, item) for item in items]
    try:
        for task in waiting:
            yield task.result()
    finally:
        for task in waiting:
            task.cancel()


@contextmanager
def one_thread_of_algebra() -> Iterator[None]:
    """Keep numpy's linear algebra to one thread: the systems are small, and sums keep their order.

    Two threads on a busy board wait for each other longer than either computes.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield


@contextmanager
def _one_thread() -> Iterator[None]:
    """Children read the number of threads when they import numpy: it is set before they start."""
    before = {name: os.environ.get(name) for name in _THREAD_SETTINGS}
    os.environ.update(dict.fromkeys(_THREAD_SETTINGS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value
