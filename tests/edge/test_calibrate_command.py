"""`minori devices calibrate`: recorded with who and why, listed, taken back."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge import settings_file, store
from sensors import Reading
from tests.edge.console import Console, new_console
from traceability import readings
from traceability.readings import Delivery, Recorder

NOON = datetime(2026, 6, 1, 3, tzinfo=UTC)
WHY = ("--at", "2026-06-01T11:00", "--by", "Sato", "--why", "buffers of June")


@pytest.fixture
def console(tmp_path: Path) -> Console:
    """A farm whose pH probe has said 6.0 once."""
    console = new_console(tmp_path)
    settings = settings_file.load(console.config)
    with store.writing(settings) as session:
        site_id = store.ensure_place(session, settings).id
    with store.opened(settings) as engine:
        Recorder(engine, site_id).append([Delivery([Reading("ph-1", "ph", 6.0, NOON)])])
    return console


def newest(console: Console) -> tuple[float | None, float | None]:
    with store.reading(settings_file.load(console.config)) as session:
        (one,) = readings.latest(session)
        return one.value, one.raw


@pytest.mark.parametrize(
    ("form", "value"),
    [
        (("--one-point", "6.95:6.86"), 5.91),
        (("--two-point", "4.10:4.01,6.95:6.86"), 5.91),
        (("--slope", "1.1", "--offset", "-0.2"), 6.4),
        (("--in-device",), 6.0),
    ],
)
def test_answers_follow_and_what_was_stored_does_not(
    console: Console, form: tuple[str, ...], value: float
) -> None:
    console.ok("devices", "calibrate", "ph-1", "--quantity", "ph", *form, *WHY)

    assert newest(console) == (pytest.approx(value), 6.0)
    (listed,) = console.ok("devices", "calibrations", "ph-1", "--json").json
    assert (listed["performer"], listed["why"]) == ("Sato", "buffers of June")
    assert listed["at"].startswith("2026-06-01T02:00")


def test_a_wrong_one_is_taken_back_and_both_stay_listed(console: Console) -> None:
    made = console.ok(
        "devices", "calibrate", "ph-1", "--quantity", "ph", "--one-point", "6:7", *WHY, "--json"
    ).json

    console.ok("devices", "void-calibration", made["id"], "--by", "Abe", "--why", "wrong buffer")

    assert newest(console) == (6.0, 6.0)
    assert "void" in console.ok("devices", "calibrations").out


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ((), "0 of them"),
        (("--one-point", "6:7", "--slope", "1.1"), "2 of them"),
        (("--offset", "1"), "0 of them"),
        (("--one-point", "6"), "READ:TRUE such as 4.10:4.01"),
        (("--two-point", "6:7"), "2 times READ:TRUE"),
        (("--two-point", "6:7,6:8"), "two different buffers"),
        (("--slope", "3"), "believable is 0.5 to 2.0"),
        (("--one-point", "nan:7"), "expected numbers of sensible size"),
        (("--one-point", "1e308:-1e308"), "expected numbers of sensible size"),
    ],
)
def test_what_is_no_calibration_is_one_sentence(
    console: Console, form: tuple[str, ...], said: str
) -> None:
    assert said in console.refused("devices", "calibrate", "ph-1", "--quantity", "ph", *form, *WHY)


def test_a_series_that_is_not_there_names_those_that_are(console: Console) -> None:
    said = console.refused(
        "devices", "calibrate", "ph-1", "--quantity", "ec", "--slope", "1.1", *WHY
    )

    assert "ph-1 has: ph" in said
