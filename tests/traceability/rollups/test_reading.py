"""Read at any resolution, a series says what its readings say, calibrated as of any date."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine
from sqlmodel import Session

from sensors import to_ms, utc_from_ms
from sensors.calibration import Calibration, corrected
from tests.traceability.rollups import truth
from tests.traceability.rollups.stores import START_MS, ZONES, Row, Store, batches, examples
from traceability import calibrations
from traceability.database import writing_session
from traceability.pieces import NO_MARK, Piece, marks_of, pieces_of, rows_of
from traceability.resolutions import DAY_MS, HOUR_MS, MINUTE_MS, Resolution

NOW = utc_from_ms(START_MS + 30 * DAY_MS)


@pytest.fixture
def store(engine: Engine) -> Store:
    return Store.on(engine)


moments = st.one_of(
    st.integers(0, 5 * DAY_MS),
    st.integers(0, 5 * 24).map(lambda hour: hour * HOUR_MS - START_MS % HOUR_MS),
).map(lambda at: START_MS - HOUR_MS + at)
events_ = st.lists(
    st.tuples(moments, st.sampled_from([0.5, 1.0, 2.0, -1.5]), st.sampled_from([-3.0, 0.0, 7.5]),
              st.booleans()),
    max_size=5,
)  # fmt: skip


def record(store: Store, series_id: int, events: Sequence[tuple[int, float, float, bool]]) -> None:
    """Keep calibrations as said; the last one of each says whether it is voided again."""
    device = store.device(series_id)
    for at_ms, factor, offset, is_voided in events:
        said = Calibration.one_point(
            device, "co2", at=utc_from_ms(at_ms), raw=1.0, true=1.0, by="Sato", why="gas"
        )
        said = replace(said, factor=factor, offset=offset)
        with writing_session(store.engine) as session:
            kept = calibrations.record(session, said, site_id=store.site_of(series_id), now=NOW)
            if is_voided:
                calibrations.void(session, kept.id, by="Sato", why="wrong bottle", now=NOW)


def in_force(connection: Connection, series_id: int) -> Sequence[Calibration]:
    return calibrations.of_series(Session(connection), [series_id]).get(series_id, ())


def read(
    connection: Connection, series_id: int, start_ms: int, end_ms: int, resolution: Resolution
) -> tuple[list[Piece], truth.Figures]:
    """Return the pieces that were read and the figures of the whole span."""
    events = in_force(connection, series_id)
    mark = marks_of(connection, [series_id]).get(series_id, NO_MARK)
    pieces = pieces_of(
        connection, series_id, (start_ms, end_ms), resolution, mark=mark, events=events
    )
    return pieces, truth.summed(connection, rows_of(series_id, pieces, events))


def wanted(connection: Connection, series_id: int, start_ms: int, end_ms: int) -> truth.Figures:
    events = in_force(connection, series_id)
    rows = [
        (at_ms, corrected(value, utc_from_ms(at_ms), events), quality)
        for at_ms, value, quality in truth.raw(connection, series_id)
        if start_ms <= at_ms < end_ms
    ]
    return truth.figures((value, quality) for _, value, quality in rows)


@examples
@given(
    batches=batches,
    events=events_,
    before=st.integers(0, 5),
    span=st.tuples(moments, moments).map(sorted),
)
def test_any_resolution_says_what_the_readings_say(
    store: Store,
    batches: list[list[Row]],
    events: list[tuple[int, float, float, bool]],
    before: int,
    span: list[int],
) -> None:
    """Whatever came late, and whenever a calibration was entered or taken back: what is answered
    is what all readings, each calibrated by itself, would answer."""
    series_id = store.series(next(iter(ZONES)))
    record(store, series_id, events[:before])
    for batch in batches:
        store.insert(series_id, batch)
        truth.catch_up(store.engine)
    record(store, series_id, events[before:])

    with store.engine.connect() as connection:
        truth_ = wanted(connection, series_id, *span)
        for resolution in Resolution:
            pieces, found = read(connection, series_id, *span, resolution)
            assert truth.same(found, truth_), (resolution.label, pieces, found, truth_)
            _cover_once(pieces, *span)


def _cover_once(pieces: Sequence[Piece], start_ms: int, end_ms: int) -> None:
    assert [piece.end_ms for piece in pieces[:-1]] == [piece.start_ms for piece in pieces[1:]]
    if start_ms < end_ms:
        assert (pieces[0].start_ms, pieces[-1].end_ms) == (start_ms, end_ms)


@pytest.mark.parametrize("zone", ZONES)
def test_long_spans_are_read_from_long_buckets(store: Store, zone: str) -> None:
    """Ninety days of a probe are 90 rows and the edges, not 777,600."""
    series_id = store.series(zone)
    store.insert(series_id, [(START_MS + i * 600_000, 20.0, 0) for i in range(90 * 144)])
    truth.catch_up(store.engine)

    with store.engine.connect() as connection:
        start_ms = START_MS + 12_345
        pieces, _ = read(connection, series_id, start_ms, start_ms + 89 * DAY_MS, Resolution.DAY)

    raw_ms = sum(p.end_ms - p.start_ms for p in pieces if p.resolution is Resolution.RAW)
    days_ms = sum(p.end_ms - p.start_ms for p in pieces if p.resolution is Resolution.DAY)
    assert raw_ms <= 2 * MINUTE_MS
    assert days_ms >= 87 * DAY_MS - HOUR_MS


def test_a_calibration_costs_a_finer_look_at_one_bucket(store: Store) -> None:
    series_id = store.series("Asia/Tokyo")
    store.insert(series_id, [(START_MS + i * 600_000, 20.0, 0) for i in range(10 * 144)])
    truth.catch_up(store.engine)
    record(store, series_id, [(START_MS + 5 * DAY_MS + 1, 1.0, 2.0, False)])

    with store.engine.connect() as connection:
        hour_ms = START_MS - START_MS % HOUR_MS
        pieces, _ = read(connection, series_id, hour_ms, hour_ms + 9 * DAY_MS, Resolution.HOUR)

    assert [piece.resolution for piece in pieces] == [
        Resolution.HOUR, Resolution.MINUTE, Resolution.RAW, Resolution.MINUTE, Resolution.HOUR,
    ]  # fmt: skip
    raw = pieces[2]
    assert raw.end_ms - raw.start_ms == timedelta(minutes=1) / timedelta(milliseconds=1)
    assert raw.start_ms <= to_ms(utc_from_ms(START_MS + 5 * DAY_MS + 1)) < raw.end_ms


def test_a_series_never_rolled_up_is_read_from_its_readings(store: Store) -> None:
    series_id = store.series("Asia/Tokyo")
    store.insert(series_id, [(START_MS + i * 600_000, 20.0, 0) for i in range(1_000)])

    with store.engine.connect() as connection:
        pieces, found = read(connection, series_id, START_MS, START_MS + DAY_MS, Resolution.DAY)

    assert {piece.resolution for piece in pieces} == {Resolution.RAW}
    assert found[0] == 144
