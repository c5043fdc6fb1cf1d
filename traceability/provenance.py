"""What anybody may know of a lot: an allow-list, as data, without language or template.

A field is public because it is named here; a column added to a table stays private until somebody
adds it on purpose. Who received a lot is said only of parties that agreed to be named.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, select

from traceability import by_stage, conditions, life, lot_conditions, recalls
from traceability.conditions import Conditions, Point
from traceability.models import (
    Act,
    ActLine,
    Crop,
    Inspection,
    Lot,
    Organisation,
    Party,
    Site,
    TradeItem,
    Zone,
)
from traceability.models.base import HasId
from traceability.projection import unvoided

# What a shopper reads of a lot's way; inspections have their own table.
PUBLIC_KINDS = ("sow", "transplant", "harvest", "pack", "ship", "receive")
# One chart a quantity, in this order, of those that were measured.
CHARTED = ("air_temperature", "relative_humidity", "humidity_deficit", "co2", "ppfd")


@dataclass(frozen=True, slots=True)
class Name:
    """A name in both languages; `ja` is empty where the farm gave none."""

    en: str
    ja: str


@dataclass(frozen=True, slots=True)
class Product:
    name: Name
    crop: Name
    variety: str
    gtin: str | None
    net_content_g: int | None
    pack: Name


@dataclass(frozen=True, slots=True)
class Farm:
    organisation: Name
    site: Name
    origin: Name
    time_zone: str


@dataclass(frozen=True, slots=True)
class Step:
    """One act on the lot's way. `at` is UTC; the page shows it in the farm's own time."""

    kind: str
    at: datetime
    place: Name | None
    party: Name | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One inspection result, of the lot or of one it was made from."""

    measure: str
    value: float
    unit: str
    method: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Recalled:
    """That a lot was called back: since when and why; exercises are nobody's business."""

    at: datetime
    reason: str
    is_over: bool


@dataclass(frozen=True, slots=True)
class Provenance:
    lot: str
    stage: str
    product: Product
    farm: Farm
    packed_on: date | None
    best_before: date | None
    journey: Sequence[Step]
    findings: Sequence[Finding]
    growing: Conditions  # while it grew, through every lot it was made from
    after: Conditions  # since it was cut: packing room, cold store
    charts: dict[str, Sequence[Point]]  # quantity -> while it grew
    recalled: Recalled | None  # whoever holds it has to know first


def build(session: Session, lot: Lot, *, now: datetime) -> Provenance:
    """Return the public story of a lot as known now."""
    past = life.of_lot(session, lot, now=now)
    growing, family = past.growing, past.family
    stages = by_stage.of_lot(session, lot, now=now, wanted_only=True)
    lived = by_stage.against(
        lot_conditions.lived_through(session, lot, growing),
        [one for one in stages if one.is_growing],
    )
    kept = [one for one in stages if one.code == by_stage.PACKED]
    measured = {c.quantity for c in lived.quantities}
    return Provenance(
        lot=lot.code,
        stage=lot.stage,
        product=_product(session, lot),
        farm=_farm(session, lot),
        packed_on=lot.packed_on,
        best_before=lot.best_before,
        journey=_journey(session, family),
        findings=findings(session, family),
        growing=lived,
        after=by_stage.against(lot_conditions.lived_through(session, lot, past.since), kept),
        charts={q: conditions.chart(session, growing, q) for q in CHARTED if q in measured},
        recalled=_recalled(session, lot),
    )


def _recalled(session: Session, lot: Lot) -> Recalled | None:
    found = recalls.of_lot(session, lot.id)
    if found is None:
        return None
    return Recalled(found.opened_at, found.reason, is_over=found.closed_at is not None)


def _product(session: Session, lot: Lot) -> Product:
    crop = session.get_one(Crop, lot.crop_id)
    item = session.get(TradeItem, lot.trade_item_id) if lot.trade_item_id else None
    named = item or crop
    return Product(
        name=Name(named.name, named.name_ja),
        crop=Name(crop.name, crop.name_ja),
        variety=crop.variety,
        gtin=item.gtin if item else None,
        net_content_g=item.net_content_g if item else None,
        pack=Name(item.pack, item.pack_ja) if item else Name("", ""),
    )


def _farm(session: Session, lot: Lot) -> Farm:
    site = session.get_one(Site, lot.site_id)
    owner = session.get_one(Organisation, lot.organisation_id)
    return Farm(
        organisation=Name(owner.name, owner.name_ja),
        site=Name(site.name, site.name_ja),
        origin=Name(site.origin, site.origin_ja),
        time_zone=site.time_zone,
    )


def _journey(session: Session, family: Sequence[HasId]) -> list[Step]:
    query = (
        select(Act, Zone, Party)
        .join(Zone, col(Zone.id) == col(Act.zone_id), isouter=True)
        .join(Party, col(Party.id) == col(Act.to_party_id), isouter=True)
        .where(col(Act.id).in_(_acts_of(family)), col(Act.kind).in_(PUBLIC_KINDS))
        .where(unvoided(Act.id))
        .order_by(col(Act.happened_at), col(Act.sequence))
    )
    return [
        Step(
            kind=act.kind,
            at=act.happened_at,
            place=Name(zone.name, zone.name_ja) if zone else None,
            party=Name(party.name, party.name_ja) if party and party.is_public else None,
        )
        for act, zone, party in session.exec(query)
    ]


def _acts_of(family: Sequence[HasId]) -> Any:
    """The acts that made this lot or touched it. Of an ancestor, only what led here: another
    customer's shipment of the same harvest is nobody's business on this page."""
    start, *earlier = [lot.id for lot in family]
    own = select(ActLine.act_id).where(ActLine.lot_id == start)
    inherited = (
        select(ActLine.act_id)
        .join(Act, col(Act.id) == col(ActLine.act_id))
        .where(col(ActLine.lot_id).in_(earlier), col(ActLine.role).in_(("output", "subject")))
    )
    return own.union(inherited)


def findings(session: Session, family: Sequence[HasId]) -> list[Finding]:
    """Return what was measured of these lots, oldest first; voided inspections do not count."""
    query = (
        select(Inspection, Act)
        .join(Act, col(Act.id) == col(Inspection.act_id))
        .where(col(Inspection.lot_id).in_([lot.id for lot in family]), unvoided(Act.id))
        .order_by(col(Act.happened_at))
    )
    return [
        Finding(row.measure, row.value, row.unit, row.method, act.happened_at)
        for row, act in session.exec(query)
    ]
