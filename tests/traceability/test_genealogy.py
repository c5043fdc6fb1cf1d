"""Both directions of the graph, with amounts; what was voided does not count."""

import pytest
from sqlmodel import Session

from tests.factories import Farm, a_farm, harvested, on_day, packed
from traceability import acts, genealogy, lots, voiding
from traceability.amounts import Amount
from traceability.reach import Direction


@pytest.fixture
def farm(session: Session) -> Farm:
    return a_farm(session)


def test_back_from_the_shelf_to_the_seed(session: Session, farm: Farm) -> None:
    received = lots.receive(
        session,
        on_day(-5),
        zone=farm.room,
        crop=farm.lettuce,
        code="SEED-7",
        amount=Amount(weight_g=50),
        from_party=farm.supplier,
    )
    (seed,) = acts.made(session, received)
    sown = lots.sow(
        session,
        on_day(0),
        zone=farm.room,
        crop=farm.lettuce,
        code="L1",
        pieces=100,
        seeds=[(seed, Amount(weight_g=2))],
    )
    (growing,) = acts.made(session, sown)
    cut = lots.harvest(
        session, on_day(42), lot=growing, pieces=90, weight_g=8000, zone=farm.packing
    )

    trace = genealogy.trace(session, acts.made(session, cut)[0], "back")

    assert [(e.source.code, e.target.code, e.amount.weight_g, e.depth) for e in trace.edges] == [
        ("L1", "L1-1", 8000, 1),
        ("SEED-7", "L1", 2, 2),
    ]
    assert seed.weight_g == 48


def test_forward_to_everybody_who_received_some(session: Session, farm: Farm) -> None:
    bags = packed(session, farm)
    lots.ship(session, on_day(43), lot=bags, to=farm.shop, amount=Amount(pieces=40))
    start = genealogy.ancestors(session, bags)[-1]

    trace = genealogy.trace(session, start, "forward")

    assert [lot.code for lot in trace.lots] == ["L1", "L1-1", "P-1"]
    assert [(c.party.code, c.amount) for c in trace.consignments] == [("mart", Amount(40, 3200))]


def test_a_voided_shipment_reached_nobody(session: Session, farm: Farm) -> None:
    bags = packed(session, farm)
    shipped = lots.ship(session, on_day(43), lot=bags, to=farm.shop)
    voiding.void(session, on_day(44), act=shipped)

    assert genealogy.trace(session, bags, "forward").consignments == []


def test_a_diamond_is_walked_once(session: Session, farm: Farm) -> None:
    """Split and merged again: one lot reached by two ways is one lot, each edge is told once."""
    cut = harvested(session, farm)
    halves = lots.split(session, on_day(42), lot=cut, parts=[("a", Amount(50)), ("b", Amount(50))])
    merged = lots.merge(session, on_day(42), lots=acts.made(session, halves), code="ab")

    trace = genealogy.trace(session, acts.made(session, merged)[0], "back")

    assert sorted(lot.code for lot in trace.lots) == ["L1", "L1-1", "a", "ab", "b"]
    assert len(trace.edges) == 5
    assert sum(e.amount.weight_g or 0 for e in trace.edges if e.depth == 1) == 9000


@pytest.mark.parametrize("direction", ["back", "forward"])
def test_a_trace_reads_no_table_whole(session: Session, direction: Direction) -> None:
    """What it costs must not grow with the farm: one planner's whim, and it is a second."""
    if session.get_bind().dialect.name != "sqlite":
        pytest.skip("only SQLite says its plan before there are rows")
    said = genealogy._TRACE[direction].compile(session.connection())
    values = {**said.params, "start": "L1"}
    given = [str(values[name]) for name in said.positiontup]

    plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {said}", tuple(given)).all()

    scans = {row[3] for row in plan if "SCAN" in row[3] or "AUTOMATIC" in row[3]}
    walks = ("reach", "drunk", "beyond", "both", "way", "CONSTANT ROW")
    assert {scan for scan in scans if "SUBQUERY" not in scan} <= {f"SCAN {one}" for one in walks}
