"""What the rows of the sheet look up over and over: places, products, papers, days."""

import json
from datetime import date, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam
from sqlmodel import Session, SQLModel, col, select

from traceability.amounts import Amount
from traceability.fsma.values import Location, Product, Value, Word
from traceability.gs1.elements import bracketed
from traceability.models import Act, ActLine, Crop, Lot, Party, Site, Stay, TradeItem, Zone
from traceability.origins import Origin, maker_of, origins_of
from traceability.projection import unvoided

_Row = TypeVar("_Row", bound=SQLModel)
# What stands for a paper where no act named one: 1.1310 counts a database record as a reference
# document, and the act is one.
_RECORD = Word("database record", "データベースの記録")
_KILOGRAM = Word("kg")
# Acts and origins of lots remembered at once: the acts of a year of packs are half a gigabyte.
_MOST_KEPT = 5_000


class Books:
    """Looks rows up once; a year of shipments is to few partners and of few products."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._rows: dict[tuple[type, str], Any] = {}
        self._makers: dict[str, Act | None] = {}
        self._origins: dict[tuple[str, bool], list[Origin]] = {}
        self._areas: dict[str, Word | None] = {}

    def row(self, model: type[_Row], row_id: str | None) -> _Row:
        key = (model, str(row_id))
        if key not in self._rows:
            self._rows[key] = self.session.get_one(model, row_id)
        found: _Row = self._rows[key]
        return found

    def maker(self, lot: Lot) -> Act | None:
        _make_room(self._makers)
        if lot.id not in self._makers:
            self._makers[lot.id] = maker_of(self.session, lot)
        return self._makers[lot.id]

    def origins(self, lot: Lot, *, opening_packs: bool = False) -> list[Origin]:
        key = (lot.id, opening_packs)
        _make_room(self._origins)
        if key not in self._origins:
            self._origins[key] = origins_of(self.session, lot, opening_packs=opening_packs)
        return self._origins[key]

    def day(self, act: Act) -> date:
        """Return the day on the clock of where it happened."""
        return (act.happened_at + timedelta(minutes=act.offset_minutes)).date()

    def site(self, act: Act) -> Location:
        return Location.of_site(self.row(Site, act.site_id))

    def party(self, party_id: str | None) -> Location:
        return Location.of_party(self.row(Party, party_id))

    def commodity(self, lot: Lot) -> dict[str, Value]:
        crop = self.row(Crop, lot.crop_id)
        return {"commodity": Word(crop.name, crop.name_ja), "variety": crop.variety or None}

    def product(self, lot: Lot) -> Product | Word:
        """Return the description; of packs without a trade item the crop is all that is known."""
        crop = self.row(Crop, lot.crop_id)
        if lot.trade_item_id is None:
            return Word(crop.name, crop.name_ja)
        return Product.of(self.row(TradeItem, lot.trade_item_id), crop)

    def code(self, lot: Lot) -> str:
        """Return the traceability lot code: GTIN and lot, for a lot code alone is unique only
        under its GTIN; the farm's own code where there is no GTIN."""
        item = self.row(TradeItem, lot.trade_item_id) if lot.trade_item_id else None
        if item is None or item.gtin is None:
            return lot.code
        return bracketed([("01", item.gtin), ("10", lot.code)])

    def source(self, lot: Lot) -> dict[str, Value]:
        """Return who gave the lot its code: the site that packed it, or the supplier it came
        from; an exempt supplier gives none, so that the site that took it in did (1.1320)."""
        act = self.maker(lot)
        if act is None:
            return {"tlc_source": None, "tlc_source_reference": None}
        is_theirs = (
            act.from_party_id is not None and self.row(Party, act.from_party_id).gives_lot_codes
        )
        place = self.party(act.from_party_id) if is_theirs else self.site(act)
        return {"tlc_source": place, "tlc_source_reference": place.gln}

    def measured(self, lot: Lot, amount: Amount, *, prefix: str = "") -> dict[str, Value]:
        """Return quantity and unit: packs of a packed lot, kilograms of anything else."""
        names = (f"{prefix}quantity", f"{prefix}unit")
        if lot.stage == "packed" and amount.pieces is not None:
            return dict(zip(names, (amount.pieces, self._unit(lot)), strict=True))
        if amount.weight_g is not None:
            return dict(zip(names, (amount.weight_g / 1000, _KILOGRAM), strict=True))
        if amount.pieces is not None:
            return dict(zip(names, (amount.pieces, Word("piece", "個")), strict=True))
        return dict.fromkeys(names)

    def _unit(self, lot: Lot) -> Word:
        item = self.row(TradeItem, lot.trade_item_id) if lot.trade_item_id else None
        if item is None:
            return Word("pack", "パック")
        size = f"{item.net_content_g} g"
        return Word(f"{item.pack or 'pack'} of {size}", f"{item.pack_ja or 'パック'}({size})")

    def paper(self, act: Act) -> dict[str, Value]:
        said = json.loads(act.body).get("document")
        if said:
            return {"document_type": said["type"], "document_number": said["number"]}
        return {"document_type": _RECORD, "document_number": act.id}

    def growing_area(self, harvest: Act) -> Word | None:
        """Return where the plants stood when they were cut."""
        if harvest.id not in self._areas:
            grown = self.session.execute(_TAKEN_FROM, {"act_id": harvest.id}).scalars().first()
            zone = self._stood(grown, harvest) if grown else None
            self._areas[harvest.id] = Word(zone.name, zone.name_ja) if zone else None
        return self._areas[harvest.id]

    def cooled(self, lot: Lot, act: Act) -> tuple[Location, date] | None:
        """Return where and since when a harvested lot was cold before the act."""
        stays = [one for one in self._stays(lot, act) if one[1].kind == "cold_store"]
        if not stays:
            return None
        # The last cold store, and since when it was in that one.
        zone = stays[-1][1]
        started = next(stay.start for stay, where in stays if where.id == zone.id)
        site = self.row(Site, zone.site_id)
        return Location.of_site(site), started.astimezone(ZoneInfo(site.time_zone)).date()

    def _stood(self, lot: Lot, act: Act) -> Zone | None:
        stays = self._stays(lot, act)
        return stays[-1][1] if stays else None

    def _stays(self, lot: Lot, act: Act) -> list[tuple[Stay, Zone]]:
        """Return where a lot was up to an act, oldest first."""
        rows = self.session.execute(_STAYS, {"lot_id": lot.id, "until": act.happened_at})
        return [(stay, self.row(Zone, stay.zone_id)) for stay in rows.scalars()]

    def sent_to(self, lot: Lot) -> tuple[Location, ...]:
        """Return the partners an unpacked lot was sent to."""
        parties = self.session.execute(_SENT_TO, {"lot_id": lot.id}).scalars()
        return tuple(self.party(one) for one in dict.fromkeys(parties))


def _make_room(kept: dict[Any, Any]) -> None:
    if len(kept) >= _MOST_KEPT:
        kept.clear()


# Built once: composing them anew for every row cost more than running them.
_STAYS = (
    select(Stay)
    .where(col(Stay.lot_id) == bindparam("lot_id"), col(Stay.start) <= bindparam("until"))
    .order_by(col(Stay.start), col(Stay.id))
)
_TAKEN_FROM = (
    select(Lot)
    .join(ActLine, col(ActLine.lot_id) == col(Lot.id))
    .where(col(ActLine.act_id) == bindparam("act_id"), ActLine.role == "input")
    .order_by(col(ActLine.id))
)
_SENT_TO = (
    select(Act.to_party_id)
    .join(ActLine, col(ActLine.act_id) == col(Act.id))
    .where(col(ActLine.lot_id) == bindparam("lot_id"), Act.kind == "ship", unvoided(Act.id))
    .order_by(col(Act.happened_at))
)
