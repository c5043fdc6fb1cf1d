"""What a file says of a lot becomes acts; what it does not say stays unknown."""

from datetime import UTC, date, datetime

import pytest
from sqlmodel import Session, select

from tests.factories import Farm, a_farm
from traceability import acts, genealogy, yields
from traceability.amounts import Amount
from traceability.errors import (
    ActConflict,
    BadValue,
    HeavierThanPhysics,
    LotCodeTaken,
    NotEnough,
)
from traceability.forecast_subject import Subject
from traceability.lot_import import Finding, ImportedLot, bring_in
from traceability.models import Act, Flow, Lot, Stay

SOWN, MOVED, CUT = date(2025, 6, 2), date(2025, 6, 20), date(2025, 7, 14)
NOW = datetime(2025, 9, 1, tzinfo=UTC)


@pytest.fixture
def farm(session: Session) -> Farm:
    return a_farm(session)


def imported(session: Session, farm: Farm, **said: object) -> int:
    lot = ImportedLot(code="OLD", crop=farm.lettuce, **said)
    return bring_in(session, farm.site, lot, recorder="Sato")


def lot_of(session: Session, code: str) -> Lot:
    return session.exec(select(Lot).where(Lot.code == code)).one()


def test_unknown_amounts_stay_unknown(session: Session, farm: Farm) -> None:
    imported(session, farm, transplanted_on=MOVED, harvested_on=CUT)

    cut, grown = lot_of(session, "OLD-1"), lot_of(session, "OLD")
    assert (cut.pieces, cut.weight_g, cut.zone_id) == (None, None, None)
    assert (grown.pieces, grown.is_open) == (None, False)
    assert session.exec(select(Flow)).one().weight_g is None
    assert session.exec(select(Stay)).all() == []
    assert yields.weekly(session, Subject(farm.lettuce), until=NOW) == []
    assert yields.unweighed(session, Subject(farm.lettuce)) == 1


def test_a_lot_without_a_day_of_sowing_is_imported_not_sown(session: Session, farm: Farm) -> None:
    imported(session, farm, transplanted_on=MOVED)

    kinds = [act.kind for act in acts.of_lot(session, lot_of(session, "OLD"))]

    assert kinds == ["import", "transplant"]


def test_weights_that_are_known_count_in_their_week(session: Session, farm: Farm) -> None:
    imported(
        session,
        farm,
        sown_on=SOWN,
        harvested_on=CUT,
        planted_pieces=120,
        harvested=Amount(110, 9_000),
    )

    first = yields.weekly(session, Subject(farm.lettuce), until=NOW)[0]
    (edge,) = genealogy.trace(session, lot_of(session, "OLD-1"), "back").edges

    assert (first.monday, first.weight_g) == (CUT, 9_000)
    assert (edge.kind, edge.amount) == ("harvest", Amount(110, 9_000))


def test_the_lot_was_in_its_zone_from_transplanting_to_harvest(
    session: Session, farm: Farm
) -> None:
    imported(session, farm, zone=farm.room, sown_on=SOWN, transplanted_on=MOVED, harvested_on=CUT)

    stay = session.exec(select(Stay)).one()

    # Midnight in Japan is 15:00 UTC of the day before.
    assert stay.start == datetime(2025, 6, 19, 15, tzinfo=UTC)
    assert stay.end == datetime(2025, 7, 13, 15, tzinfo=UTC)


def test_importing_again_or_more_of_it_doubles_nothing(session: Session, farm: Farm) -> None:
    assert imported(session, farm, sown_on=SOWN) == 1
    assert imported(session, farm, sown_on=SOWN) == 0
    assert imported(session, farm, sown_on=SOWN, harvested_on=CUT) == 1
    assert imported(session, farm, sown_on=SOWN, harvested_on=CUT) == 0

    assert len(session.exec(select(Act)).all()) == 2


def test_a_row_that_says_something_else_than_before_is_refused(
    session: Session, farm: Farm
) -> None:
    """Recorded acts are not edited; the old one has to be voided by somebody with a name."""
    imported(session, farm, sown_on=SOWN)

    with pytest.raises(ActConflict):
        imported(session, farm, sown_on=MOVED)


def test_a_code_that_is_already_a_lot_is_refused(session: Session, farm: Farm) -> None:
    imported(session, farm, sown_on=SOWN, harvested_on=CUT)
    other = ImportedLot(code="OLD-1", crop=farm.lettuce, sown_on=SOWN)

    with pytest.raises(LotCodeTaken):
        bring_in(session, farm.site, other, recorder="Sato")


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({}, BadValue),
        ({"sown_on": CUT, "harvested_on": SOWN}, BadValue),
        ({"transplanted_on": CUT, "harvested_on": MOVED}, BadValue),
        ({"harvested_on": CUT, "harvested": Amount(10, 9_000)}, HeavierThanPhysics),
        (
            {"sown_on": SOWN, "harvested_on": CUT, "planted_pieces": 9, "harvested": Amount(10)},
            NotEnough,
        ),
        ({"sown_on": SOWN, "findings": [Finding("K", 1.0, "mg", "", CUT, True)]}, BadValue),
    ],
)
def test_what_cannot_be_is_refused(
    session: Session, farm: Farm, said: dict[str, object], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        imported(session, farm, **said)
