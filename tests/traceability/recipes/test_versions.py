"""A recipe changes; what grew under an older version stays judged by that one."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import Connection, Engine, text
from sqlmodel import Session

from tests.factories import START, Farm, a_farm, on_day
from tests.traceability.recipes.recipes import LETTUCE, lettuce
from traceability import acts, catalogue, database, lots, recipes
from traceability.amounts import Amount
from traceability.errors import BadValue
from traceability.models import Crop, Lot
from traceability.recipes import Document, one_stage

DAY = timedelta(days=1)


@pytest.fixture
def farm(session: Session) -> Farm:
    """A farm whose crop has one range a quantity: its first recipe."""
    return a_farm(session)


def sown(session: Session, farm: Farm, code: str, day: int) -> Lot:
    act = lots.sow(session, on_day(day), zone=farm.room, crop=farm.lettuce, code=code, pieces=100)
    return acts.made(session, act)[0]


def version_of(session: Session, lot: Lot) -> int:
    return recipes.of_lots(session, [lot])[lot.id].version


def test_a_new_version_never_judges_an_old_lot(session: Session, farm: Farm) -> None:
    old = sown(session, farm, "old", 0)
    before = recipes.targets_at(session, old, START + DAY)

    recipes.record(
        session, farm.lettuce, lettuce(), by="Sato", why="trial 7", since=START + 5 * DAY
    )
    new = sown(session, farm, "new", 6)

    assert recipes.targets_at(session, old, START + DAY) == before
    assert (version_of(session, old), version_of(session, new)) == (1, 2)


def test_a_version_said_to_hold_from_earlier_on_takes_no_lot_that_was_sown(
    session: Session, farm: Farm
) -> None:
    """Somebody dates a recipe back to before the lots of last week: those keep theirs."""
    old = sown(session, farm, "old", 5)

    recipes.record(session, farm.lettuce, lettuce(), by="Sato", since=START)

    assert version_of(session, old) == 1


def test_lots_of_before_any_recipe_are_judged_by_the_first(session: Session, farm: Farm) -> None:
    basil = catalogue.ensure_crop(
        session, farm.organisation, "basil", name="Basil", largest_head_g=60
    )
    act = lots.sow(session, on_day(0), zone=farm.room, crop=basil, code="B", pieces=10)
    (lot,) = acts.made(session, act)
    assert recipes.targets_at(session, lot, START + DAY) == {}

    first = one_stage({"air_temperature": (20, 30)})
    recipes.record(session, basil, first, by="Sato")
    recipes.record(session, basil, lettuce(), by="Sato", since=START - DAY)

    assert recipes.targets_at(session, lot, START + DAY)["air_temperature"][:2] == (20, 30)


def test_saying_the_newest_again_makes_no_version(session: Session, farm: Farm) -> None:
    """A file imported twice, a form sent twice."""
    first = recipes.record(session, farm.lettuce, lettuce(), by="Sato")
    again = recipes.record(session, farm.lettuce, lettuce(), by="Abe")

    assert first.id == again.id
    assert [row.version for row in recipes.history(session, farm.lettuce)] == [2, 1]


def test_a_divided_lot_keeps_the_version_it_was_sown_under(session: Session, farm: Farm) -> None:
    lot = sown(session, farm, "whole", 0)
    recipes.record(session, farm.lettuce, lettuce(), by="Sato", since=START + DAY)
    act = lots.split(session, on_day(3), lot=lot, parts=[("a", Amount(60)), ("b", Amount(40))])

    assert [version_of(session, part) for part in acts.made(session, act)] == [1, 1]


def test_the_act_of_sowing_says_under_which_recipe(session: Session, farm: Farm) -> None:
    """What an auditor reads must not hang on a column that a program keeps."""
    act = lots.sow(session, on_day(0), zone=farm.room, crop=farm.lettuce, code="L", pieces=1)

    (recipe,) = recipes.history(session, farm.lettuce)
    assert b'"recipe_version":1' in act.body
    assert recipes.digest_of(recipe).encode() in act.body


def test_nobody_writes_a_recipe_without_a_name(session: Session, farm: Farm) -> None:
    with pytest.raises(BadValue, match="who decided it"):
        recipes.record(session, farm.lettuce, lettuce(), by="  ")


def test_one_more_range_is_a_version_beside_those_there_are(session: Session, farm: Farm) -> None:
    catalogue.ensure_crop(session, farm.organisation, "lowk", targets={"ph": (5.5, 6.5)})

    assert set(catalogue.targets_of(session, farm.lettuce) or ()) == {
        "air_temperature",
        "co2",
        "ph",
    }


def test_single_ranges_are_refused_where_the_recipe_has_stages(
    session: Session, farm: Farm
) -> None:
    """They would silently replace what the stages say."""
    recipes.record(session, farm.lettuce, lettuce(), by="Sato")

    with pytest.raises(BadValue, match="recipe has stages"):
        catalogue.ensure_crop(session, farm.organisation, "lowk", targets={"ph": (5.5, 6.5)})


def test_a_document_comes_back_as_it_was_stored(session: Session, farm: Farm) -> None:
    row = recipes.record(session, farm.lettuce, lettuce(), by="Sato")
    session.flush()
    session.expire_all()

    assert recipes.document_of(row) == lettuce()


def with_(change: dict[str, Any], stage: int = 1) -> dict[str, Any]:
    stages = [dict(one) for one in LETTUCE["stages"]]
    stages[stage] = {key: v for key, v in (stages[stage] | change).items() if v is not None}
    return {"stages": stages}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"stages": []}, "at least 1 item"),
        (with_({"days": None, "until": None}), "`days` or `until` in stage nursery"),
        (with_({"code": "germination"}), "not germination twice"),
        (with_({"code": "育苗"}), "pattern"),
        (with_({"days": 0}), "greater than 0"),
        (with_({"light": None}), "`light` in stage nursery"),
        (with_({"light": {"on": "06:10", "hours": 16}}), "a quarter hour"),
        (with_({"light": {"on": "6 am", "hours": 16}}), "a time of day"),
        (with_({"light": {"hours": 16}}), "when the lights go on"),
        (with_({"targets": {"ec": [1400, 2000]}}), "ec within 0 to 10 mS/cm"),
        (with_({"targets": {"ec": [2.0, 1.4]}}), "the lower one first"),
        (with_({"targets": {"ec": [True, 2]}}), "two numbers"),
        (with_({"targets": {"ec": {}}}), "one range, or"),
        (with_({"targets": {"energy": [1, 2]}}), "not 'energy'"),
        (with_({"targets": {"temp": [1, 2]}}), "not 'temp'"),
        (with_({"targets": {"dli": {"day": [9, 12]}}}), "light of a whole day"),
        (with_({"colour": "green"}), "Extra inputs"),
    ],
)
def test_what_cannot_be_judged_is_refused(written: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Document.model_validate(written)


def test_the_ranges_of_an_older_database_become_its_first_recipes(url: str) -> None:
    """A farm that upgrades must find its targets again, and still judge its lots by them."""
    _at_revision(url, "0003")
    engine = database.connect(url)
    with engine.begin() as connection:
        _an_old_crop(connection)
    engine.dispose()

    database.upgrade(url)

    engine = database.open_database(url)
    with database.reading_session(engine) as session:
        crop = session.get_one(Crop, "c1")
        (row,) = recipes.history(session, crop)
        assert row.version == 1
        assert catalogue.targets_of(session, crop) == {
            "air_temperature": (18.0, 24.0),
            "co2": (700.0, 1200.0),
        }
    engine.dispose()


def _at_revision(url: str, revision: str) -> None:
    from alembic import command
    from alembic.config import Config

    engine: Engine = database.connect(url)
    with engine.execution_options(write=True).begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(database._MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def _an_old_crop(connection: Connection) -> None:
    connection.execute(
        text("INSERT INTO organisation (id, code, name, name_ja) VALUES ('o1', 'farm', 'F', '')")
    )
    connection.execute(
        text(
            "INSERT INTO crop (id, organisation_id, code, name, name_ja, variety, largest_head_g) "
            "VALUES ('c1', 'o1', 'lettuce', 'Lettuce', '', '', 200)"
        )
    )
    for quantity, low, high in (("air_temperature", 18, 24), ("co2", 700, 1200)):
        connection.execute(
            text("INSERT INTO crop_target VALUES ('c1', :quantity, :low, :high)"),
            {"quantity": quantity, "low": low, "high": high},
        )
