"""A calibration changes every later answer from its date on, and nothing that was stored."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from sensors import to_ms
from sensors.calibration import Calibration
from tests.factories import START, Farm, a_farm, harvested, on_day
from traceability import calibrations, conditions, errors, genealogy, readings
from traceability.models import reading

NOW = on_day(60).at
HALFWAY = START + timedelta(days=21)
QUARTER = timedelta(minutes=15)


@pytest.fixture
def farm(session: Session) -> Farm:
    return a_farm(session)


@pytest.fixture
def series(session: Session, farm: Farm) -> int:
    """42 days of pH 6.0 in room A, a value each quarter hour."""
    owner = readings.ensure_device(session, farm.site.id, "ph-1")
    readings.place_device(session, owner, farm.room, since=START)
    number = readings.ensure_series(session.connection(), farm.site.id, "ph-1", "ph")
    rows = [(number, to_ms(START + i * QUARTER), 6.0, 0, 0) for i in range(42 * 96)]
    readings.insert_readings(session.connection(), rows)
    return number


def shift(
    session: Session, farm: Farm, *, raw: float = 6.0, true: float = 6.4, days: float = 21
) -> str:
    said = Calibration.one_point(
        "ph-1",
        "ph",
        at=START + timedelta(days=days),
        raw=raw,
        true=true,
        by="Sato",
        why="buffer 6.4",
    )
    return calibrations.record(session, said, site_id=farm.site.id, now=NOW).id


def means(session: Session, farm: Farm) -> tuple[float, float, float]:
    """What the lot of these 42 days lived through, as answered now: low, mean, high."""
    family = genealogy.ancestors(session, harvested(session, farm, code=f"L{len(_lots(session))}"))
    growing = [lot for lot in family if lot.stage == "growing"]
    spans = conditions.spans_of(session, growing, now=NOW)
    (found,) = conditions.lived_through(session, spans).quantities
    return found.low, found.mean, found.high


def _lots(session: Session) -> list[object]:
    from traceability.models import Lot

    return list(session.exec(select(Lot)))


def raw_rows(session: Session) -> list[tuple[object, ...]]:
    query = reading.select().order_by(reading.c.at_ms)
    return [tuple(row) for row in session.connection().execute(query)]


def test_old_answers_change_from_its_date_on_and_none_before(
    session: Session, farm: Farm, series: int
) -> None:
    stored = raw_rows(session)
    before = means(session, farm)

    shift(session, farm)

    low, mean, high = means(session, farm)
    assert before == (6.0, pytest.approx(6.0), 6.0)
    assert (low, mean, high) == (6.0, pytest.approx(6.2), pytest.approx(6.4))
    around = readings.span(session, series, start=HALFWAY - QUARTER, end=HALFWAY + QUARTER)
    assert [one.value for one in around] == [6.0, pytest.approx(6.4)]
    assert [one.raw for one in around] == [6.0, 6.0]
    assert raw_rows(session) == stored


def test_the_newest_value_and_charts_are_calibrated(
    session: Session, farm: Farm, series: int
) -> None:
    shift(session, farm)

    (newest,) = readings.latest(session)
    span = conditions.Span(farm.room, START, START + timedelta(days=42))
    points = conditions.chart(session, [span], "ph", points=42)

    assert (newest.value, newest.raw) == (pytest.approx(6.4), 6.0)
    assert [p.mean for p in points] == pytest.approx([6.0] * 21 + [6.4] * 21)


def test_the_last_event_before_a_reading_holds(session: Session, farm: Farm, series: int) -> None:
    """Corrections do not add up: each compares the raw value with the truth of its day."""
    shift(session, farm, true=7.0, days=30)
    shift(session, farm, true=6.4, days=21)

    days = [readings.span(session, series, start=d, end=d + QUARTER)[0].value for d in _days()]

    assert days == pytest.approx([6.0, 6.4, 7.0])


def _days() -> list[object]:
    return [START + timedelta(days=day) for day in (10, 25, 35)]


def test_a_void_gives_the_old_answers_back(session: Session, farm: Farm, series: int) -> None:
    before = means(session, farm)
    event = shift(session, farm)

    calibrations.void(session, event, by="Abe", why="the buffer was old", now=NOW)

    assert means(session, farm) == before
    (kept,) = calibrations.listed(session, device="ph-1")
    assert kept.voided_by is not None
    assert (kept.event.performer, kept.event.why) == ("Sato", "buffer 6.4")
    with pytest.raises(errors.BadValue, match="voided before"):
        calibrations.void(session, event, by="Abe", why="again", now=NOW)


def test_of_two_of_one_moment_the_later_recorded_corrects(
    session: Session, farm: Farm, series: int
) -> None:
    shift(session, farm, true=7.0)
    shift(session, farm, true=6.4)

    (newest,) = readings.latest(session)

    assert newest.value == pytest.approx(6.4)
    assert means(session, farm)[2] == pytest.approx(6.4)


def test_the_same_id_again_is_a_harmless_repeat(session: Session, farm: Farm, series: int) -> None:
    said = Calibration.in_device("ph-1", "ph", at=START, by="Sato", why="Cal,mid,7")
    asked = {"site_id": farm.site.id, "now": NOW, "event_id": "0190-made-on-a-phone"}

    first = calibrations.record(session, said, **asked)

    assert calibrations.record(session, said, **asked) is first
    assert len(calibrations.listed(session)) == 1


def test_what_cannot_be_kept_says_why(session: Session, farm: Farm, series: int) -> None:
    def kept(device: str = "ph-1", why: str = "buffer", days: int = 1) -> None:
        at = START + timedelta(days=days)
        said = Calibration.slope(device, "ph", at=at, factor=1.1, by="Sato", why=why)
        calibrations.record(session, said, site_id=farm.site.id, now=NOW)

    with pytest.raises(errors.NotFound, match="nothing yet"):
        kept(device="ph-2")
    with pytest.raises(errors.BadValue, match="the reason"):
        kept(why=" ")
    with pytest.raises(errors.BadValue, match="a time that has been"):
        kept(days=61)
    with pytest.raises(errors.NotFound, match="minori devices calibrations"):
        calibrations.void(session, "none", by="Abe", why="x", now=NOW)
