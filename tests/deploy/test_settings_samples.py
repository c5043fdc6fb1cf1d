"""The samples of deploy/settings are settings files, and fit the units and the broker beside them."""

from pathlib import Path

import pytest

from edge.secret_files import named
from edge.settings_file import load
from sensors.profile import available
from tests.deploy.conftest import DEPLOY

SAMPLES = sorted((DEPLOY / "settings").glob("*.toml"))


@pytest.mark.parametrize("file", SAMPLES, ids=lambda path: path.name)
def test_a_sample_is_right_as_it_stands(file: Path) -> None:
    settings = load(file)

    assert {device.model for device in settings.devices if device.port} <= set(available())


@pytest.mark.parametrize("file", SAMPLES, ids=lambda path: path.name)
def test_nothing_is_written_where_the_service_may_not(file: Path) -> None:
    """To the units /etc is read-only: what is written needs /var/lib/minori."""
    settings = load(file)

    if settings.database_url.startswith("sqlite"):
        assert settings.database_url.startswith("sqlite:////var/lib/minori/")
    assert str(settings.path(settings.web.secret_file)).startswith("/var/lib/minori/")
    unused = {"hub.credential_file"} if "[hub]" not in file.read_text(encoding="utf-8") else set()
    beside = {key for key, path in named(settings) if path.is_relative_to(DEPLOY)}
    assert beside - unused == set()


def test_the_edge_is_the_agent_that_the_broker_knows() -> None:
    mqtt = load(DEPLOY / "settings" / "edge.toml").mqtt
    acl = (DEPLOY / "mosquitto" / "acl").read_text(encoding="utf-8")
    conf = (DEPLOY / "mosquitto" / "minori.conf").read_text(encoding="utf-8")

    assert f"user {mqtt.username}\n" in acl
    assert f"listener {mqtt.port} {mqtt.host}\n" in conf
