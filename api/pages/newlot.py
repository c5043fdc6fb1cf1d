"""Opening a lot: sowing one, or taking in one that came from somebody else."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from api.i18n import Reader
from api.pages.fields import ActForm, Answers, Field, choices
from api.pages.lotfields import document_fields
from traceability import lots
from traceability.amounts import Amount
from traceability.errors import NotFound
from traceability.models import Act, Crop, Lot, Party, Site, TradeItem, Zone
from traceability.occasions import Occasion

KINDS = ("sow", "receive")


def forms(session: Session, reader: Reader, now: datetime) -> list[ActForm]:
    """Return the two forms; codes are suggested from the day."""
    _ = reader
    zones = session.exec(select(Zone).order_by(col(Zone.code))).all()
    crops = choices(_, session.exec(select(Crop).order_by(col(Crop.code))).all())
    day = now.astimezone(ZoneInfo(time_zone(session, {}))).strftime("%y%m%d")
    sow = [
        Field("crop", _("Crop"), "choice", crops),
        Field("code", _("Lot code"), value=day),
        Field("pieces", _("Plants"), "number"),
        Field("zone", _("Where"), "choice", choices(_, _sorted(zones, "nursery", "growing_room"))),
        Field("seed", _("Seed lot"), "choice", _seeds(session, _), required=False),
        Field("seed_weight", _("Seed used [kg]"), "kg", required=False),
        Field("seed_pieces", _("Seeds used"), "number", required=False),
    ]
    receive = [
        Field("crop", _("Crop"), "choice", crops),
        Field("code", _("Lot code")),
        Field("from", _("From"), "choice", _suppliers(session, _)),
        Field("stage", _("What it is"), "choice", _stages(_)),
        Field("pieces", _("Pieces"), "number", required=False),
        Field("weight", _("Weight [kg]"), "kg", required=False),
        Field("zone", _("Brought to"), "choice", choices(_, _sorted(zones, "packing"))),
        Field("item", _("Product, if packed"), "choice", _items(session, _), required=False),
        *document_fields(_),
    ]
    return [
        ActForm("sow", _("Sow"), _("Open the lot"), sow),
        ActForm("receive", _("Receive"), _("Take it in"), receive),
    ]


def perform(session: Session, kind: str, occasion: Occasion, said: Answers) -> Act:
    """Record what the form asked for.

    Raises:
        TraceabilityError: why it cannot be; nothing is written.
    """
    if kind == "sow":
        return _sow(session, occasion, said)
    if kind == "receive":
        return _receive(session, occasion, said)
    raise NotFound(what="act", name=kind, next_step="sow or receive")


def time_zone(session: Session, said: Mapping[str, str]) -> str:
    """Return the IANA zone of the place that was chosen, else of the first site."""
    zone = session.get(Zone, said.get("zone", ""))
    query = select(Site).order_by(col(Site.code))
    site = session.get(Site, zone.site_id) if zone else session.exec(query).first()
    return site.time_zone if site else "UTC"


def _sow(session: Session, occasion: Occasion, said: Answers) -> Act:
    seeds = []
    if said.text("seed"):
        amount = Amount(said.whole_or_none("seed_pieces"), said.grams_or_none("seed_weight"))
        seeds = [(said.row(session, Lot, "seed"), amount)]
    return lots.sow(
        session,
        occasion,
        zone=said.row(session, Zone, "zone"),
        crop=said.row(session, Crop, "crop"),
        code=said.text("code"),
        pieces=said.whole("pieces"),
        seeds=seeds,
    )


def _receive(session: Session, occasion: Occasion, said: Answers) -> Act:
    return lots.receive(
        session,
        occasion,
        zone=said.row(session, Zone, "zone"),
        crop=said.row(session, Crop, "crop"),
        code=said.text("code"),
        amount=Amount(said.whole_or_none("pieces"), said.grams_or_none("weight")),
        from_party=said.row(session, Party, "from"),
        stage=said.text("stage"),
        item=said.row(session, TradeItem, "item") if said.text("item") else None,
    )


def _seeds(session: Session, reader: Reader) -> list[tuple[str, str]]:
    query = select(Lot).where(Lot.stage == "input", col(Lot.closed_at).is_(None))
    rows = session.exec(query.order_by(col(Lot.opened_at).desc()).limit(50)).all()
    return [(lot.id, f"{lot.code} ({reader.amount(lot.pieces, lot.weight_g)})") for lot in rows]


def _suppliers(session: Session, reader: Reader) -> list[tuple[str, str]]:
    return choices(reader, session.exec(select(Party).order_by(col(Party.role).desc())).all())


def _items(session: Session, reader: Reader) -> list[tuple[str, str]]:
    return choices(reader, session.exec(select(TradeItem).order_by(col(TradeItem.code))).all())


def _stages(_: Reader) -> list[tuple[str, str]]:
    return [("input", _("Seed and supplies")), ("harvested", _("Harvest")), ("packed", _("Packs"))]


def _sorted(zones: Sequence[Zone], *kinds: str) -> list[Zone]:
    """The usual kinds of place first."""
    return sorted(zones, key=lambda zone: kinds.index(zone.kind) if zone.kind in kinds else 9)
