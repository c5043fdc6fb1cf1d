"""What edges send is here afterwards, once, in their order; or it is refused by name."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, Integer, Table
from sqlmodel import Session, SQLModel, func, select

from sensors.calibration import Calibration
from tests.factories import START, Farm, a_farm, harvested, on_day, packed
from tests.traceability.two_databases import NOW, Line, enrolled, new_engine
from traceability import (
    acts,
    alarms,
    calibrations,
    catalogue,
    database,
    genealogy,
    holds,
    inbox,
    links,
    lots,
    provenance,
    readings,
    recalls,
    replicated,
    stock,
    units,
    uplink_records,
    voiding,
)
from traceability.amounts import Amount
from traceability.errors import StreamBroken
from traceability.models import (
    Act,
    CalibrationEvent,
    Crop,
    EdgeRefusal,
    Lot,
    Organisation,
    Outbox,
    Party,
    Placement,
    Recipe,
    Series,
    Site,
    Stay,
    TradeItem,
)
from traceability.recall_starts import Start
from traceability.store_id import renew
from traceability.wire import Record


@pytest.fixture
def hub(session: Session) -> Session:
    """A hub of each kind of database."""
    return session


@pytest.fixture
def edge_engine(tmp_path: Path) -> Iterator[Engine]:
    engine = new_engine(tmp_path, "edge")
    yield engine
    engine.dispose()


@pytest.fixture
def edge(edge_engine: Engine) -> Iterator[Session]:
    with database.writing_session(edge_engine) as session:
        yield session


@pytest.fixture
def line(edge: Session, hub: Session) -> Line:
    return Line(edge, hub, enrolled(hub))


def _a_season(edge: Session) -> Farm:
    """A lot from seed to shop, a probe in its room with a calibration."""
    farm = a_farm(edge)
    device = readings.ensure_device(edge, farm.site.id, "A-air", model="test probe")
    readings.place_device(edge, device, farm.room, since=START)
    readings.ensure_series(edge.connection(), farm.site.id, "A-air", "co2")
    said = Calibration(
        device="A-air", quantity="co2", at=START, kind="one_point", by="Sato", why="gas"
    )
    calibrations.record(edge, said, site_id=farm.site.id, now=on_day(1).at)
    bags = packed(edge, farm)
    lots.inspect(edge, on_day(42), lot=bags, measure="potassium", value=88, unit="mg/100 g")
    lots.ship(edge, on_day(43), lot=bags, to=farm.shop, amount=Amount(pieces=40))
    return farm


def _a_busy_season(edge: Session) -> Farm:
    """All that hangs on lots besides: cases, holds, counts, alarms, a recall, links of codes."""
    farm = _a_season(edge)
    bags = edge.exec(select(Lot).where(Lot.code == "P-1")).one()
    units.aggregate(
        edge,
        on_day(43),
        kind="case",
        site=farm.site,
        lots=[(bags, Amount(pieces=10))],
        code="BOX-1",
    )
    stock.count(edge, on_day(44), lot=bags, counted=Amount(pieces=57), why="inventory")
    holds.hold(edge, on_day(45), lots=[bags], reason="a complaint")
    cause = alarms.Cause(
        site_id=farm.site.id,
        rule="warm",
        kind="threshold",
        severity="warning",
        zone_id=farm.room.id,
    )
    alarm = alarms.raise_alarm(edge, cause, at=on_day(45).at)
    alarms.acknowledge(edge, alarm, by="Sato", at=on_day(46).at)
    recalls.open_recall(
        edge,
        farm.organisation,
        Start("lot", bags.code, bags.id),
        kind="exercise",
        reason="every year",
        occasion=on_day(47),
    )
    saying = links.Saying("Sato", on_day(47).at, "campaign")
    wanted = links.Wanted("pip", "https://farm.example/salads", is_default=True)
    item = "/01/04912345678904"
    link = links.set_link(edge, farm.organisation, item, wanted, saying)
    links.end_link(edge, item, link.id, links.Saying("Ito", on_day(48).at))
    return farm


def _rows(session: Session, table: Table) -> list[dict[str, object]]:
    """A table's rows without the numbers that each database counts for itself."""
    counted = {c.name for c in table.primary_key if isinstance(c.type, Integer)}
    rows = session.connection().execute(table.select()).mappings()
    kept = ({k: v for k, v in row.items() if k not in counted} for row in rows)
    return sorted(kept, key=str)


def _lots(record: Record) -> list[str]:
    return [lot["code"] for lot in record.parts.get("lot", ())]


def _count(session: Session, model: type) -> int:
    return session.exec(select(func.count()).select_from(model)).one()


def test_a_hub_answers_for_a_lot_as_its_edge_does(edge: Session, hub: Session, line: Line) -> None:
    farm = _a_season(edge)

    receipt = line.carry()

    assert receipt.refused == []
    bags = edge.exec(select(Lot).where(Lot.code == "P-1")).one()
    there = hub.get_one(Lot, bags.id)
    facts = ("code", "scope", "stage", "pieces", "weight_g", "zone_id", "closed_at", "best_before")
    assert [getattr(there, f) for f in facts] == [getattr(bags, f) for f in facts]
    for direction in ("back", "forward"):
        ours, theirs = (
            genealogy.trace(s, lot, direction) for s, lot in ((edge, bags), (hub, there))
        )
        assert [(e.source.code, e.amount, e.kind, e.at) for e in ours.edges] == [
            (e.source.code, e.amount, e.kind, e.at) for e in theirs.edges
        ]
        assert [c.party.code for c in ours.consignments] == [
            c.party.code for c in theirs.consignments
        ]
    assert provenance.build(hub, there, now=NOW) == provenance.build(edge, bags, now=NOW)
    for model in (Act, Lot, Stay, Placement, Series, CalibrationEvent, Recipe):
        assert _count(hub, model) == _count(edge, model), model
    assert [act.body for act in hub.exec(select(Act).order_by(Act.sequence))] == [
        act.body for act in edge.exec(select(Act).order_by(Act.sequence))
    ]
    assert hub.exec(select(Site.origin_ja)).one() == farm.site.origin_ja
    assert _count(hub, Outbox) == 0


def test_every_table_that_travels_is_the_same_there(
    edge: Session, hub: Session, line: Line
) -> None:
    _a_busy_season(edge)

    receipt = line.carry()

    assert receipt.refused == []
    names = [*replicated.BY_NAME, *replicated.WITH_ACTS, *replicated.COMPUTED]
    for name in names:
        table = SQLModel.metadata.tables[name]
        assert _rows(hub, table) == _rows(edge, table), name


@pytest.mark.parametrize("limit", [1, 3, 500])
def test_sending_again_changes_nothing(edge: Session, hub: Session, line: Line, limit: int) -> None:
    """A receipt that was lost on its way makes the edge send the same once more."""
    _a_season(edge)
    first = line.batch(after=0, limit=limit)
    before = inbox.take(hub, line.edge, first, now=NOW)

    again = inbox.take(hub, line.edge, first, now=NOW)

    assert again == before
    line.carry(limit=limit)
    assert _count(hub, Act) == _count(edge, Act)
    assert _count(hub, Organisation) == 1


def test_a_hole_in_the_stream_is_refused_whole(edge: Session, hub: Session, line: Line) -> None:
    """A hub restored from a backup must not take tomorrow without today."""
    _a_season(edge)

    with pytest.raises(StreamBroken) as broken:
        inbox.take(hub, line.edge, line.batch(after=10), now=NOW)

    assert broken.value.facts["have"] == 0
    assert _count(hub, Organisation) == 0


def test_a_restored_edge_sends_everything_and_doubles_nothing(
    edge: Session, hub: Session, line: Line
) -> None:
    _a_season(edge)
    line.carry()
    counts = {model: _count(hub, model) for model in (Act, Lot, Crop, Series, Stay, Placement)}

    renew(edge)
    receipt = line.carry()

    assert receipt.refused == []
    assert {model: _count(hub, model) for model in counts} == counts


def test_a_change_arrives_and_so_does_a_deletion(edge: Session, hub: Session, line: Line) -> None:
    farm = _a_season(edge)
    line.carry()
    catalogue.ensure_crop(edge, farm.organisation, "lowk", name="New name")
    edge.delete(farm.supplier)
    edge.flush()

    line.carry()

    assert hub.exec(select(Crop.name)).one() == "New name"
    assert hub.exec(select(Party.code)).all() == ["mart"]


def test_a_voided_act_is_voided_there(edge: Session, hub: Session, line: Line) -> None:
    farm = a_farm(edge)
    cut = harvested(edge, farm)
    line.carry()
    harvest = acts.of_lot(edge, cut)[0]

    voiding.void(edge, on_day(43), act=harvest)
    line.carry()

    there = hub.get_one(Lot, cut.id)
    assert (there.pieces, there.weight_g, there.is_open) == (0, 0, False)


class TestTwoSitesOfOneFarm:
    @pytest.fixture
    def other(self, tmp_path: Path) -> Iterator[Session]:
        engine = new_engine(tmp_path, "other")
        with database.writing_session(engine) as session:
            yield session
        engine.dispose()

    @pytest.fixture
    def second(self, other: Session, hub: Session, line: Line, edge: Session) -> Line:
        _a_season(edge)
        line.carry()
        edge_there = enrolled(hub, site="north", is_known=True)
        return Line(other, hub, edge_there)

    def test_they_share_crops_items_and_partners(
        self, edge: Session, other: Session, hub: Session, second: Line
    ) -> None:
        farm = _north(other)
        sown = lots.sow(other, on_day(3), zone=farm.room, crop=farm.lettuce, code="N1", pieces=50)

        receipt = second.carry()

        assert receipt.refused == []
        assert _count(hub, Crop) == _count(hub, TradeItem) == _count(hub, Organisation) == 1
        assert _count(hub, Site) == 2
        lot = hub.get_one(Lot, acts.made(other, sown)[0].id)
        assert lot.crop_id == edge.exec(select(Crop.id)).one() != farm.lettuce.id

    def test_a_lot_code_used_under_a_shared_gtin_is_refused_and_holds_up_nothing(
        self, other: Session, hub: Session, second: Line
    ) -> None:
        """Labels cannot be called back: one code under one GTIN is one lot."""
        farm = _north(other)
        bags = packed(other, farm, code="P-1", of="N-7")
        shipped = lots.ship(other, on_day(44), lot=bags, to=farm.shop)
        later = lots.sow(other, on_day(45), zone=farm.room, crop=farm.lettuce, code="N9", pieces=5)

        second.carry()

        assert second.refused() == [("act", "lot_code_taken"), ("act", "record_needs")]
        assert hub.exec(select(Act).where(Act.id == shipped.id)).first() is None
        assert hub.exec(select(Act).where(Act.id == later.id)).first() is not None

    def test_voiding_what_was_refused_settles_it(self, other: Session, second: Line) -> None:
        farm = _north(other)
        bags = packed(other, farm, code="P-1", of="N-7")
        second.carry()
        pack = acts.of_lot(other, bags)[0]

        voiding.void(other, on_day(44), act=pack)
        second.carry()

        assert second.refused() == []

    def test_a_refused_item_and_all_after_it_are_taken_once_it_is_mended(
        self, other: Session, hub: Session, second: Line
    ) -> None:
        farm = _north(other, item="small-bag")
        bags = packed(other, farm, code="N-P-1", of="N-7")
        second.carry()
        assert second.refused() == [("trade_item", "record_taken"), ("act", "record_needs")]

        farm.bag.gtin = "04912345678911"
        bags.scope = "GTIN 04912345678911"
        other.flush()
        assert uplink_records.retry(other) == 2
        receipt = second.carry()

        assert receipt.refused == []
        assert second.refused() == []
        assert hub.get_one(Lot, bags.id).scope == bags.scope
        assert _count(hub, EdgeRefusal) == 0


def _north(session: Session, *, item: str = "lowk-80") -> Farm:
    return a_farm(session, site="north", item=item)


class TestSomebodyElsesRecord:
    """An edge speaks for its own farm and site; whatever else it says is refused by name."""

    @pytest.fixture
    def evil(self, edge: Session, hub: Session, line: Line) -> Line:
        _a_season(edge)
        line.carry()
        return Line(edge, hub, enrolled(hub, "evil", "lair"))

    def test_a_farm_it_is_not(self, hub: Session, evil: Line) -> None:
        receipt = inbox.take(hub, evil.edge, evil.batch(after=0), now=NOW)

        assert len(receipt.refused) == receipt.number
        assert {refusal.code for refusal in receipt.refused} == {"record_foreign", "record_needs"}

    def test_a_site_another_edge_speaks_for(self, hub: Session, edge: Session, line: Line) -> None:
        _a_season(edge)
        line.carry()
        second = enrolled(hub, site="north", is_known=True)

        receipt = inbox.take(hub, second, line.batch(after=0), now=NOW)

        by_kind = {refusal.kind: refusal.code for refusal in receipt.refused}
        assert by_kind["site"] == "record_foreign"
        assert by_kind["act"] == "record_needs"

    def test_an_act_that_is_not_what_its_digest_says(
        self, hub: Session, edge: Session, line: Line
    ) -> None:
        _a_season(edge)
        batch = line.batch()
        forged = next(record for record in batch.records if record.kind == "act")
        forged.row["body"] = forged.row["body"].replace("100", "999")

        receipt = inbox.take(hub, line.edge, batch, now=NOW)

        assert receipt.refused[0].ref == forged.ref
        assert receipt.refused[0].code == "record_unreadable"

    def test_a_lot_under_a_gtin_it_does_not_have(
        self, hub: Session, edge: Session, line: Line
    ) -> None:
        _a_season(edge)
        batch = line.batch()
        pack = next(r for r in batch.records if _lots(r)[:1] == ["P-1"])
        pack.parts["lot"][0]["scope"] = "GTIN 04900000000009"

        receipt = inbox.take(hub, line.edge, batch, now=NOW)

        assert (receipt.refused[0].ref, receipt.refused[0].code) == (pack.ref, "record_foreign")

    @pytest.mark.parametrize(
        ("kind", "row"),
        [
            ("weather_station", {"id": "x"}),
            ("organisation", []),
            ("organisation", {"id": "x", "code": "aizu"}),
            ("organisation", {"id": 7, "code": "aizu", "name": "A"}),
            ("zone", {"id": "x", "site_id": "nowhere", "code": "A", "name": "A"}),
            ("act", None),
            ("act", {}),
        ],
    )
    def test_nonsense(
        self, hub: Session, edge: Session, line: Line, kind: str, row: object
    ) -> None:
        """It never holds up those behind it."""
        _a_season(edge)
        batch = line.batch()
        batch.records[0].kind, batch.records[0].row = kind, row

        receipt = inbox.take(hub, line.edge, batch, now=NOW)

        assert receipt.number == batch.records[-1].sequence
        assert receipt.refused[0].sequence == batch.records[0].sequence
