"""Work that repeats: it takes no input, looks at the state, and may run twice."""

from collections.abc import Callable

from edge.clock import Clock


async def every(seconds: float, work: Callable[[], None], clock: Clock) -> None:
    """Do `work` each `seconds` of the clock until cancelled, first after one such wait."""
    while True:
        await clock.sleep(seconds)
        work()
