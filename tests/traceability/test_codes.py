"""Lot codes by the farm's pattern: the next number, never a used one, and only by who may."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from tests.factories import START, Farm, a_farm, harvested, on_day, packed
from traceability import acts, codes, lots, voiding
from traceability.amounts import Amount
from traceability.codes import Rule
from traceability.errors import BadValue, NoLotCode
from traceability.models import Lot


@pytest.fixture
def farm(session: Session) -> Farm:
    return a_farm(session)


def _sown(session: Session, farm: Farm, day: int = 0) -> Lot:
    act = lots.sow(session, on_day(day), zone=farm.room, crop=farm.lettuce, code=None, pieces=10)
    return acts.made(session, act)[0]


def _rule(session: Session, farm: Farm, pattern: str, day: int = -1, **more: str) -> None:
    rule = Rule(pattern, definition="one sowing of one day", **more)
    codes.ensure_rule(session, farm.site, rule, since=START + timedelta(days=day))


def test_the_counter_goes_on_within_a_day_and_starts_anew_on_the_next(
    session: Session, farm: Farm
) -> None:
    _rule(session, farm, "{site}-{date}-{n2}")

    assert [_sown(session, farm, day).code[-9:] for day in (0, 0, 1)] == [
        f"{on_day(0).at:%y%m%d}-01",
        f"{on_day(0).at:%y%m%d}-02",
        f"{on_day(1).at:%y%m%d}-01",
    ]


def test_a_voided_lots_code_is_not_given_again(session: Session, farm: Farm) -> None:
    """It may stand on a label already."""
    _rule(session, farm, "{date}{n2}")
    act = lots.sow(session, on_day(0), zone=farm.room, crop=farm.lettuce, code=None, pieces=10)
    voiding.void(session, on_day(0), act=act)

    assert _sown(session, farm).code.endswith("02")


def test_said_twice_by_an_offline_phone_it_is_one_lot(session: Session, farm: Farm) -> None:
    _rule(session, farm, "{date}{n2}")
    occasion = on_day(0, act_id="0192aaaa-aaaa-7aaa-8aaa-aaaaaaaaaaaa")
    two = [
        lots.sow(session, occasion, zone=farm.room, crop=farm.lettuce, code=None, pieces=10)
        for _ in range(2)
    ]

    assert two[0] is two[1]


def test_the_rule_of_the_day_counts(session: Session, farm: Farm) -> None:
    _rule(session, farm, "A{n}")
    _rule(session, farm, "B{line}{n3}", day=10, line="7")

    assert [_sown(session, farm, day).code for day in (9, 11)] == ["A1", "B7001"]


def test_saying_the_same_rule_again_adds_none(session: Session, farm: Farm) -> None:
    _rule(session, farm, "A{n}")
    _rule(session, farm, "A{n}", day=5)

    rule = codes.rule_at(session, farm.site.id, START + timedelta(days=9))
    assert rule is not None
    assert rule.since == START + timedelta(days=-1)


@pytest.mark.parametrize(
    "pattern",
    ["", "{date}", "{n}{n2}", "{n}{colour}", "{n", "{n}" + "x" * 20, "ロット{n}", "{n!r}{}"],
)
def test_a_pattern_that_makes_no_codes_is_refused(pattern: str) -> None:
    with pytest.raises(BadValue, match="code_pattern"):
        codes.check_pattern(pattern)


def test_without_a_pattern_a_code_is_asked_for(session: Session, farm: Farm) -> None:
    with pytest.raises(NoLotCode, match="under \\[lots\\]"):
        _sown(session, farm)


def test_what_was_done_before_the_first_pattern_gets_a_code_by_it(
    session: Session, farm: Farm
) -> None:
    """A farm that begins with Minori writes down last week, too."""
    _rule(session, farm, "P-{n}", day=40)

    assert codes.next_code(session, farm.site, kind="packing", at=START, crop="x") == "P-1"


def test_a_supplier_who_gives_codes_is_asked_for_his(session: Session, farm: Farm) -> None:
    """Nobody may put a code of his own on what another has packed (21 CFR 1.1345)."""
    _rule(session, farm, "R{n3}")
    came = {"zone": farm.store, "crop": farm.lettuce, "from_party": farm.supplier}

    with pytest.raises(NoLotCode, match="seedco gives its lots codes"):
        lots.receive(session, on_day(1), code=None, amount=Amount(weight_g=5), **came)

    farm.supplier.gives_lot_codes = False
    act = lots.receive(session, on_day(1), code=None, amount=Amount(weight_g=5), **came)
    assert acts.made(session, act)[0].code == "R001"


def test_packing_gives_the_traceability_lot_code(session: Session, farm: Farm) -> None:
    _rule(session, farm, "{crop}-{week}{n3}")
    cut = harvested(session, farm)
    act = lots.pack(
        session,
        on_day(42),
        inputs=[(cut, 9000)],
        item=farm.bag,
        code=None,
        packs=100,
        zone=farm.store,
    )

    week = on_day(42).at.isocalendar().week
    assert acts.made(session, act)[0].code == f"{farm.lettuce.code}-{week}001"


def test_a_typed_code_stands_beside_the_pattern(session: Session, farm: Farm) -> None:
    _rule(session, farm, "P-{n}")

    assert packed(session, farm, code="P-1").code == "P-1"
    assert codes.next_code(session, farm.site, kind="packing", at=START, crop="x") == "P-2"
