"""Readings over HTTP: singly, by the minute, hour, day, as JSON and as a table; expired is said."""

from datetime import timedelta

import pytest
from httpx import Client
from sqlalchemy import Engine, delete, update

from sensors import to_ms
from tests.factories import START
from tests.traceability.rollups.truth import catch_up
from tests.world import World
from traceability.database import writing_session
from traceability.models import reading, rollup_mark

SPAN = {"start": "2026-06-02T00:00:00+09:00", "end": "2026-06-04T00:00:00+09:00"}


@pytest.fixture
def series(client: Client, world: World) -> int:
    found = client.get("/api/v1/series").json()
    return int(next(one["id"] for one in found if one["quantity"] == "air_temperature"))


@pytest.mark.parametrize(("resolution", "count"), [("1min", 288), ("1h", 48), ("1d", 2)])
def test_a_series_by_the_minute_the_hour_the_day(
    client: Client, series: int, resolution: str, count: int
) -> None:
    asked = {**SPAN, "resolution": resolution}
    said = client.get(f"/api/v1/series/{series}/rollups", params=asked).json()

    assert (said["resolution"], said["unit"], said["complete"]) == (resolution, "°C", True)
    assert len(said["buckets"]) == count
    assert sum(one["count"] for one in said["buckets"]) == 288
    first = said["buckets"][0]
    assert first["start"] == "2026-06-01T15:00:00Z"
    assert first["low"] <= first["mean"] <= first["high"]
    assert (first["good"], first["trusted"]) == (1.0, 1.0)


def test_a_table_of_each(client: Client, series: int) -> None:
    path = f"/api/v1/series/{series}/readings.csv"

    each = client.get(path, params=SPAN)
    days = client.get(path, params={**SPAN, "resolution": "1d"})

    assert each.text.splitlines()[0].lstrip("\ufeff") == "at,value,raw,quality,reason"
    assert len(each.text.splitlines()) == 1 + 288
    assert len(days.text.splitlines()) == 1 + 2
    assert "A-air-air-temperature-1d.csv" in days.headers["Content-Disposition"]


def test_what_was_cut_short_says_so(client: Client, series: int) -> None:
    asked = {**SPAN, "resolution": "1h", "limit": 10}
    said = client.get(f"/api/v1/series/{series}/rollups", params=asked).json()

    assert (len(said["buckets"]), said["complete"]) == (10, False)


def test_an_unknown_series_and_width_are_refused(client: Client, series: int) -> None:
    asked = {**SPAN, "resolution": "1h"}
    assert client.get("/api/v1/series/999/rollups", params=asked).json()["code"] == "not_found"
    asked["resolution"] = "1w"
    assert client.get(f"/api/v1/series/{series}/rollups", params=asked).status_code == 422


def test_what_has_expired_is_refused_and_named(client: Client, series: int, engine: Engine) -> None:
    """An empty answer would be read as a probe that was silent."""
    catch_up(engine)
    gone = START + timedelta(days=10)
    with writing_session(engine) as session:
        session.execute(delete(reading).where(reading.c.at_ms < to_ms(gone)))
        session.execute(update(rollup_mark).values(raw_from_ms=to_ms(gone)))

    said = client.get(f"/api/v1/series/{series}/readings", params=SPAN)

    assert said.status_code == 410
    assert said.json()["code"] == "readings_expired"
    assert said.json()["facts"]["kept"] == "1min"
    assert said.json()["facts"]["since"] == gone.isoformat()
    table = client.get(f"/api/v1/series/{series}/readings.csv", params=SPAN)
    assert table.status_code == 410
    rolled = client.get(f"/api/v1/series/{series}/rollups", params={**SPAN, "resolution": "1min"})
    assert len(rolled.json()["buckets"]) == 288
