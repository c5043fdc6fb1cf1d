"""The collecting part in this process, behind a line that can be made bad; it reconnects at once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from unittest import mock

from edge.collector import Collector
from edge.settings_file import load as load_settings
from edge.store import open_store
from tests.edge.test_faults import collecting
from tests.faults.rig import load


@asynccontextmanager
async def agent(folder: Path, port: int, *, version: str = "5") -> AsyncIterator[Collector]:
    """Run the agent on a database in `folder`, with the topics of `load`, until the block ends.

    A real one waits up to a minute after many failures in a row; here that would be all it does.
    """
    file = folder / "minori.toml"
    broker = f"[mqtt]\nhost = '127.0.0.1'\nport = {port}\nversion = '{version}'\n"
    file.write_text(broker + load.TOPICS)
    settings = load_settings(file)
    engine = open_store(settings, create=True)
    try:
        with mock.patch("edge.bus.wait_s", return_value=0.02):
            async with collecting(settings, engine) as collector:
                await collector.bus.wait_connected()
                yield collector
    finally:
        engine.dispose()
