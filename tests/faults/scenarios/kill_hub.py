"""kill -9 of the hub and of the site's agent in turn: what the site recorded is there once, in order.

Somebody goes on recording acts and readings, some of them late, while either side dies at any moment
of a batch: before it left, on its way, committed and not yet receipted, receipted and not yet kept.
"""

import asyncio
import random
import tempfile
from collections import Counter
from pathlib import Path

from tests.edge.conftest import until
from tests.edge.site_and_hub import Sites, Work, site_and_hub
from tests.edge.test_uplink import is_level
from tests.faults.figures import Figures

SHORT, LONG = 2, 50


def run(size: int) -> Figures:
    """Kill `size` times, the hub and the agent in turn."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with site_and_hub(folder, f"sqlite:///{folder / 'hub.db'}") as sites:
            done = asyncio.run(_killed(sites, size))
            (acts_here, readings_here), (acts_there, readings_there) = sites.here(), sites.at_hub()
            traceback = b"Traceback" in sites.edge.log.read_bytes()
    lost = len(set(acts_here) - set(acts_there)), len(set(readings_here) - set(readings_there))
    doubled = [
        sum(times - 1 for times in Counter(rows).values()) for rows in (acts_there, readings_there)
    ]
    seen = (
        ("kills", size),
        ("acts recorded / at the hub", f"{done} / {len(acts_there)}"),
        ("readings recorded / at the hub", f"{len(readings_here)} / {len(readings_there)}"),
        ("lost acts / readings", f"{lost[0]} / {lost[1]}"),
        ("doubled acts / readings", f"{doubled[0]} / {doubled[1]}"),
    )
    wrong = []
    if any(lost) or any(doubled) or done != len(acts_here):
        wrong.append("what the site recorded is not what its hub has")
    if acts_here != acts_there:
        wrong.append("the acts are at the hub in another order")
    if traceback:
        wrong.append("the agent ended with a traceback")
    return Figures("kill_hub", seen, tuple(wrong))


async def _killed(sites: Sites, size: int) -> int:
    chance = random.Random(size)
    work = Work(sites.farm)
    sites.edge.start()
    enough = asyncio.Event()

    async def record() -> None:
        while not enough.is_set():
            await asyncio.to_thread(work.once)
            await asyncio.sleep(0.02)

    recording = asyncio.create_task(record())
    for number in range(size):
        before = len(sites.acts_at_hub())
        await until(lambda b=before: len(sites.acts_at_hub()) > b + 3)
        await asyncio.sleep(chance.uniform(0, 0.3))
        process = (sites.edge, sites.hub)[number % 2]
        process.kill()
        process.start()
    enough.set()
    await recording
    await until(lambda: is_level(sites.farm), limit_s=600)
    return work.done
