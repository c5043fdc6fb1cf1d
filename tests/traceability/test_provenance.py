"""What a shopper may read: an allow-list, complete and no more."""

from dataclasses import fields

import pytest
from sqlmodel import Session

from tests.factories import Farm, a_farm, on_day, packed
from traceability import catalogue, lots, provenance, yields
from traceability.amounts import Amount
from traceability.forecast_subject import Subject
from traceability.provenance import Provenance


@pytest.fixture
def farm(session: Session) -> Farm:
    return a_farm(session)


def test_the_story_of_a_bag(session: Session, farm: Farm) -> None:
    bags = packed(session, farm)
    lots.inspect(session, on_day(42), lot=bags, measure="potassium", value=88, unit="mg/100 g")
    lots.ship(session, on_day(43), lot=bags, to=farm.shop, amount=Amount(pieces=40))

    story = provenance.build(session, bags, now=on_day(44).at)

    assert story.product.name.ja == "低カリウムレタス 80g"
    assert story.farm.origin.ja == "福島県"
    assert [(step.kind, step.place and step.place.en) for step in story.journey] == [
        ("sow", "Room A"),
        ("harvest", "Packing"),
        ("pack", "Cold store"),
        ("ship", None),
    ]
    assert story.journey[-1].party is not None
    assert story.findings[0].value == 88


def test_a_partner_who_did_not_agree_is_not_named(session: Session, farm: Farm) -> None:
    quiet = catalogue.ensure_party(session, farm.organisation, "quiet", name="Quiet Foods")
    bags = packed(session, farm)
    lots.ship(session, on_day(43), lot=bags, to=quiet)

    story = provenance.build(session, bags, now=on_day(44).at)

    assert story.journey[-1].party is None


def test_what_is_public_is_named_here(session: Session, farm: Farm) -> None:
    """Adding a field to the public story is a decision; this test is where it is taken."""
    assert {field.name for field in fields(Provenance)} == {
        "lot",
        "stage",
        "product",
        "farm",
        "packed_on",
        "best_before",
        "journey",
        "findings",
        "growing",
        "after",
        "charts",
        "recalled",
    }


def test_weeks_without_harvest_are_zero_and_not_missing(session: Session, farm: Farm) -> None:
    packed(session, farm, of="L1", code="P1")

    weeks = yields.weekly(session, Subject(farm.lettuce), until=on_day(42 + 21).at)

    assert [week.weight_g for week in weeks] == [9000, 0, 0]
    assert weeks[0].monday.weekday() == 0


def test_a_crop_never_harvested_has_no_weeks(session: Session, farm: Farm) -> None:
    assert list(yields.weekly(session, Subject(farm.lettuce), until=on_day(100).at)) == []
