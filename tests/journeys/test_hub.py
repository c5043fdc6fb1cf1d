"""A site and its hub as two real processes: what each says of the other, and who may send."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.edge.conftest import until
from tests.edge.processes import run
from tests.edge.site_and_hub import Sites, site_and_hub
from tests.edge.test_uplink import is_level, sow
from tests.traceability.conftest import postgres_server, url  # noqa: F401  fixtures


@pytest.fixture
def sites(tmp_path: Path, url: str) -> Iterator[Sites]:  # noqa: F811
    with site_and_hub(tmp_path, url) as sites:
        yield sites


async def test_both_sides_say_how_it_stands(sites: Sites) -> None:
    edge_file = str(sites.farm.folder / "minori.toml")
    before = run("hub", "status", "--config", edge_file).stdout
    sow(sites.farm, "L1")
    sites.farm.record(("probe", int(datetime.now(UTC).timestamp() * 1000), 800.0))
    sites.edge.start()
    await until(lambda: sites.at_hub() == sites.here() and is_level(sites.farm))

    after = run("hub", "status", "--config", edge_file).stdout
    listed = run("hub", "edges", "--config", str(sites.hub.log.parent / "hub.toml")).stdout

    assert "nothing was said to it yet" in before
    assert "connected" in after
    assert "0 waiting" in after
    assert "readings  all safely there" in after
    # Nothing waits there, though what was sent last said so of the batch it was in.
    assert re.search(r"aizu/main +may send +\d+ min ago +0 ", listed), listed


async def test_a_revoked_site_says_so_within_seconds(sites: Sites) -> None:
    """A silent refusal would be a silent loss."""
    edge_file = str(sites.farm.folder / "minori.toml")
    sites.edge.start()
    await until(lambda: "connected" in run("hub", "status", "--config", edge_file).stdout)

    hub_file = str(sites.hub.log.parent / "hub.toml")
    revoked = run("hub", "revoke", "aizu/main", "--config", hub_file)
    sow(sites.farm, "L1")
    await until(lambda: "edge_revoked" in run("hub", "status", "--config", edge_file).stdout)

    assert revoked.returncode == 0
    assert b'"code": "edge_revoked"' in sites.edge.log.read_bytes()
    assert sites.at_hub()[0] == []
