"""What differs between two settings, and what of it has to wait for a start."""

from pathlib import Path
from typing import Any

import pytest

from edge.changes import changes
from edge.settings_file import parse

PORTS = [{"name": "a", "device": "/dev/a"}, {"name": "b", "device": "/dev/b"}]
DEVICES = [
    {"name": "pa", "port": "a", "model": "xy_md02"},
    {"name": "pb", "port": "b", "model": "own"},
    {"name": "radio"},
]
FARM: dict[str, Any] = {"mqtt": {"host": "broker"}, "ports": PORTS, "devices": DEVICES}


def test_the_same_settings_change_nothing() -> None:
    assert not changes(parse(FARM), parse(FARM))


@pytest.mark.parametrize(
    ("written", "ports", "is_other_broker"),
    [
        ({"ports": [{**PORTS[0], "baud": 4800}, PORTS[1]]}, {"a"}, False),
        ({"ports": PORTS[:1], "devices": [DEVICES[0], DEVICES[2]]}, {"b"}, False),
        ({"devices": [{**DEVICES[0], "interval_s": 5}, *DEVICES[1:]]}, {"a"}, False),
        ({"devices": [{**DEVICES[0], "port": "b"}, *DEVICES[1:]]}, {"a", "b"}, False),
        ({"devices": [{**DEVICES[0], "calibrate_every_days": 5}, *DEVICES[1:]]}, set(), False),
        ({"devices": [*DEVICES[:2], {"name": "radio", "identity": "gh1"}]}, set(), False),
        ({"mqtt": {"host": "broker", "accept_unlisted": False}}, set(), False),
        ({"mqtt": {"host": "broker", "port": 1884}}, set(), True),
        ({"mqtt": {"host": "other"}}, set(), True),
        ({"zones": [{"code": "A"}]}, set(), False),
    ],
)
def test_only_what_was_written_otherwise_is_touched(
    written: dict[str, Any], ports: set[str], is_other_broker: bool
) -> None:
    """A port that nobody touched must go on asking at its pace."""
    found = changes(parse(FARM), parse({**FARM, **written}))

    assert found.sections == set(written)
    assert (found.ports, found.is_other_broker, found.waiting) == (ports, is_other_broker, ())


def test_a_profile_touches_the_ports_of_its_model() -> None:
    found = changes(parse(FARM), parse(FARM), [Path("/etc/minori/profiles/own.toml")])

    assert found
    assert found.ports == {"b"}


def test_a_new_password_makes_the_session_anew(tmp_path: Path) -> None:
    told = parse({"mqtt": {"host": "broker", "password_file": "word"}}).inside(tmp_path)

    assert changes(told, told, [tmp_path / "word"]).is_other_broker
    assert not changes(told, told, [tmp_path / "other"]).is_other_broker


def test_what_waits_for_a_start_keeps_its_value_and_the_rest_does_not() -> None:
    old = parse({**FARM, "web": {"port": 8000}})
    new = parse({**FARM, "web": {"port": 9000, "public_url": "https://x"}, "site": {"code": "s2"}})

    found = changes(old, new)

    assert found.waiting == ("site.code", "web.port")
    assert (found.new.web.port, found.new.web.public_url) == (8000, "https://x")
    assert (found.new.site.code, found.sections) == ("site", {"web"})
    # Told again, it still waits: what is in force is what the next file is compared with.
    assert changes(found.new, new).waiting == ("site.code", "web.port")


def test_the_broker_inside_comes_and_goes_with_a_start() -> None:
    found = changes(parse({}), parse({"mqtt": {"host": "broker", "port": 1884}}))

    assert found.waiting == ("mqtt.host", "mqtt.port")
    assert found.new.mqtt.host == ""
