"""`minori enrol` and what the hub's and the site's commands say around it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge import enrolment
from edge.settings import Settings
from edge.settings_file import load
from edge.store import opened
from tests.edge.hubs import Hub, running_hub
from tests.edge.processes import Done, run
from tests.fakes.mosquitto import free_port
from traceability import uplink
from traceability.database import writing_session
from traceability.models import EdgeCode


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with running_hub(f"sqlite:///{tmp_path / 'hub.db'}") as hub:
        yield hub


@pytest.fixture
def site(tmp_path: Path) -> Path:
    file = tmp_path / "site" / "minori.toml"
    file.parent.mkdir()
    file.write_text('[site]\norganisation = "aizu"\ncode = "main"\n')
    return file


def enrol(site: Path, code: str, hub: str) -> Done:
    return run("enrol", code, "--hub", hub, "--config", str(site))


def files(site: Path) -> set[str]:
    return {path.name for path in site.parent.iterdir()}


def settings(site: Path) -> Settings:
    return load(site)


def test_a_site_is_enrolled_and_its_code_is_used_up(hub: Hub, site: Path) -> None:
    code = hub.code()

    first, second = enrol(site, code, hub.address), enrol(site, code, hub.address)

    assert "aizu/main is enrolled" in first.stdout
    assert enrolment.load(settings(site)).hub == hub.address
    assert "enrolment_refused" in second.stderr
    assert "it was used before" in second.stderr
    # Refused, and what was there is kept.
    assert files(site) == {"minori.toml", "hub.credential"}


def test_a_file_that_cannot_be_written_uses_up_no_code(hub: Hub, site: Path) -> None:
    code = hub.code()
    (site.parent / "hub.credential").mkdir()

    refused = enrol(site, code, hub.address)

    assert "settings_invalid" in refused.stderr
    assert "nothing was asked of the hub" in refused.stderr
    with hub.engine.connect() as connection:
        assert connection.execute(EdgeCode.__table__.select()).one().used_at is None  # type: ignore[attr-defined]
    (site.parent / "hub.credential").rmdir()
    assert enrol(site, code, hub.address).returncode == 0


def test_a_hub_that_dies_halfway_is_told_with_what_to_do(hub: Hub, site: Path) -> None:
    """It gave a credential, and nobody has it: the next code lets the same site in."""
    hub.loses_answer = lambda: True
    code = hub.code()

    lost = enrol(site, code, hub.address)

    assert "enrolment_lost" in lost.stderr
    assert "minori hub enrol" in lost.stderr
    assert files(site) == {"minori.toml"}
    hub.loses_answer = lambda: False
    assert "used before" in enrol(site, code, hub.address).stderr
    assert enrol(site, hub.code(), hub.address).returncode == 0


def test_a_hub_that_is_not_there_used_no_code_up(site: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"

    said = enrol(site, "AAAA-AAAA-AAAA", nobody).stderr

    assert "hub_unreachable" in said


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("status", "sends to no hub"),
        ("refused", "refuses nothing"),
        ("edges", "no site is enrolled here yet"),
    ],
)
def test_looking_before_anything_is_recorded_is_no_error(
    site: Path, command: str, said: str
) -> None:
    done = run("hub", command, "--config", str(site))

    assert said in done.stdout
    assert files(site) == {"minori.toml"}


def test_a_site_that_is_enrolled_and_was_never_started_says_so(hub: Hub, site: Path) -> None:
    enrol(site, hub.code(), hub.address)

    said = run("hub", "status", "--config", str(site)).stdout

    assert f"{hub.address}: nothing was said to it yet" in said


def test_a_site_whose_credential_is_lost_says_so_until_it_leaves(hub: Hub, site: Path) -> None:
    """A board put together from a backup without secrets must not send nothing in silence."""
    enrol(site, hub.code(), hub.address)
    with opened(settings(site), create=True) as engine, writing_session(engine) as session:
        uplink.belongs_to(session, "edge")
    settings(site).path("hub.credential").unlink()

    lost = run("hub", "status", "--config", str(site))
    left = run("enrol", "--leave", "--config", str(site))
    after = run("hub", "status", "--config", str(site))

    assert "this site has no credential of a hub" in lost.stderr
    assert "minori hub revoke aizu/main" in left.stdout
    assert "sends to no hub" in after.stdout


def test_leaving_forgets_credential_and_hub(hub: Hub, site: Path) -> None:
    enrol(site, hub.code(), hub.address)
    with opened(settings(site), create=True):
        pass

    assert run("enrol", "--leave", "--config", str(site)).returncode == 0

    assert "hub.credential" not in files(site)
