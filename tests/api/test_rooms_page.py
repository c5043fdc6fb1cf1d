"""A room against its recipe today and yesterday, and its lamps and doors as bands of time."""

from datetime import timedelta

import pytest
from httpx import Client
from sqlalchemy import Engine

from sensors import to_ms
from tests.api.conftest import NOW, Clock
from tests.world import World
from traceability import database, readings, recipes
from traceability.models import Crop, Site, Zone
from traceability.recipes import Document

HTML = {"accept": "text/html"}
HOUR = timedelta(hours=1)
# NOW is 09:00 in Japan; the world's lights go on then and off at 01:00.
RECIPE = Document.model_validate(
    {
        "stages": [
            {
                "code": "growing",
                "name": "Growing",
                "name_ja": "栽培",
                "light": {"by": "lamp"},
                "targets": {
                    "air_temperature": {"day": [19, 24], "night": [15, 20]},
                    "dli": [11, 13],
                    "ec": [1, 2],
                },
            }
        ]
    }
)


@pytest.fixture
def lamps(engine: Engine, world: World, clock: Clock) -> None:
    """Room A's recipe goes by its lamps, which were on for 16 of each 24 hours."""
    clock.now = NOW - timedelta(days=1) + 5 * HOUR
    with database.writing_session(engine) as session:
        crop = session.get_one(Crop, world.farm.lettuce.id)
        zone = session.get_one(Zone, world.farm.room.id)
        site = session.get_one(Site, zone.site_id)
        recipes.record(session, crop, RECIPE, by="Sato", now=clock.now)
        growing = session.get_one(type(world.growing), world.growing.id)
        newest = recipes.newest_of(session, crop)
        assert newest is not None
        growing.recipe_id = newest.id
        for device, quantity, said in (
            ("lamps-a", "lamp", [(n, float(n % 24 < 16)) for n in range(-72, 6)]),
            ("door-a", "door", [(-20, 0.0), (-2, 1.0), (-1.5, 0.0)]),
        ):
            row = readings.ensure_device(session, site.id, device)
            readings.place_device(session, row, zone, since=NOW - timedelta(days=30))
            series = readings.ensure_series(session.connection(), site.id, device, quantity)
            rows = [(series, to_ms(NOW - timedelta(days=1) + n * HOUR), v, 0, 0) for n, v in said]
            readings.insert_readings(session.connection(), rows)


def test_today_says_how_the_days_were_for_the_plants(
    client: Client, world: World, lamps: None
) -> None:
    page = client.get("/", headers=HTML).text

    assert "Low-potassium lettuce</a> · <b>Growing</b> · by day" in page
    assert "In range" in page
    assert "Yesterday" in page
    assert "so far" in page  # the light of a day that is not over
    assert "· enough" in page
    assert "Daily light integral" in page


def test_what_nobody_measures_is_a_dash_and_no_share(
    client: Client, world: World, lamps: None
) -> None:
    page = client.get("/", headers=HTML).text
    row = page[page.index("EC <span") :][:400]

    assert row.count("<b>–</b>") == 2
    assert "<meter" not in row.split("</tr>")[0]


def test_a_share_is_said_and_not_only_coloured(client: Client, world: World, lamps: None) -> None:
    page = client.get(f"/rooms/{world.farm.room.id}", headers=HTML).text

    shares = page.count("<meter")
    assert shares > 0
    assert page.count('aria-hidden="true"></meter> <b>') == shares


def test_a_room_shows_its_equipment_as_bands_with_words(
    client: Client, world: World, lamps: None
) -> None:
    """14:00 in Japan: lamps off from 01:00 to 09:00, on for five hours since."""
    page = client.get(f"/rooms/{world.farm.room.id}", headers=HTML).text

    assert "today on for 6 h (1×)" in page
    assert "today standing open for 30 min (1×)" in page
    assert 'aria-label="In the last 24 hours on for' in page
    assert page.count('class="strip"') == 2


def test_a_state_has_a_word_and_no_number(client: Client, world: World, lamps: None) -> None:
    page = client.get(
        f"/rooms/{world.farm.room.id}", headers={**HTML, "accept-language": "ja"}
    ).text

    assert 'data-words="オフ|オン"' in page
    assert "<b data-value>オン</b>" in page
    assert "<b data-value>閉</b>" in page


def test_a_lot_is_shown_stage_by_stage(client: Client, world: World, lamps: None) -> None:
    lot = world.growing.id

    page = client.get(f"/lots/{lot}/conditions", headers=HTML).text
    told = client.get(f"/api/v1/lots/{lot}/conditions").json()

    assert "Stage by stage, against the recipe" in page
    assert "Wanted, and not measured: EC" in page
    (stage,) = told["stages"]
    assert (stage["code"], stage["recipe_version"], stage["not_measured"]) == ("growing", 2, ["ec"])
    air = {q["part"]: q for q in stage["quantities"] if q["quantity"] == "air_temperature"}
    assert set(air) == {None, "day", "night"}
    assert air["day"]["target"] == [19, 24]
    # Day and night are known for as long as the lamps told.
    assert air["day"]["judged_s"] + air["night"]["judged_s"] == pytest.approx(air[None]["judged_s"])


def test_a_packed_lot_tells_its_parents_stages_and_its_own_cold_chain(
    client: Client, world: World
) -> None:
    told = client.get(f"/api/v1/lots/{world.bags.id}/conditions").json()

    assert [stage["code"] for stage in told["stages"]] == ["growing", "packed"]
    grown, packed = told["stages"]
    assert grown["lots"] == ["LK-0601"]
    assert {"air_temperature", "co2"} <= {q["quantity"] for q in grown["quantities"]}
    assert [span["zone"] for span in packed["spans"]] == ["C"]
    # Its own: the cold store alone, judged by nothing the crop wanted while it grew.
    (air,) = (q for q in told["quantities"] if q["quantity"] == "air_temperature")
    assert (air["target"], air["in_range"]) == (None, None)


@pytest.mark.parametrize(
    ("over", "heading"),
    [("week", "Last 7 days"), ("month", "Last 30 days"), ("year", "Last 12 months")],
)
def test_a_room_is_looked_at_over_longer_times(
    client: Client, world: World, over: str, heading: str
) -> None:
    """From rollups, so that a year comes as fast as a day."""
    said = client.get(
        f"/rooms/{world.farm.room.id}", params={"over": over, "lang": "en"}, headers=HTML
    )

    assert heading in said.text
    assert said.text.count('aria-current="page">') >= 1
    assert said.text.count("<figure") > 3


def test_a_time_nobody_offers_is_refused(client: Client, world: World) -> None:
    said = client.get(f"/rooms/{world.farm.room.id}", params={"over": "eon"}, headers=HTML)

    assert said.status_code == 422
