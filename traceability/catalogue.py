"""Master data: who, where, what. Saying again what is already so changes nothing.

`ensure_*` finds a row by its code and makes or updates it; settings, imports and the demo use it
alike. `find_*` raises NotFound with what to do.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from pydantic import ValidationError
from sqlmodel import Session, SQLModel, col, select

from traceability import recipes
from traceability.errors import BadValue, NotAmong, Phrase
from traceability.gs1 import gtin14
from traceability.models import (
    MATERIAL_KINDS,
    Crop,
    Feed,
    Lot,
    Material,
    Organisation,
    PackingMaterial,
    Party,
    Site,
    TradeItem,
    Zone,
)

_Row = TypeVar("_Row", bound=SQLModel)


def ensure_organisation(session: Session, code: str, **facts: object) -> Organisation:
    return _ensure(session, Organisation, {"code": code}, facts)


def ensure_site(session: Session, organisation: Organisation, code: str, **facts: object) -> Site:
    """`facts`: name, name_ja, time_zone (IANA), origin, origin_ja, gln, address, phone."""
    return _ensure(session, Site, {"organisation_id": organisation.id, "code": code}, facts)


def ensure_zone(session: Session, site: Site, code: str, **facts: object) -> Zone:
    """`facts`: name, name_ja, kind."""
    return _ensure(session, Zone, {"site_id": site.id, "code": code}, facts)


def ensure_party(session: Session, organisation: Organisation, code: str, **facts: object) -> Party:
    """`facts`: name, name_ja, role, gln, address, phone, gives_lot_codes, is_public."""
    return _ensure(session, Party, {"organisation_id": organisation.id, "code": code}, facts)


def ensure_crop(
    session: Session,
    organisation: Organisation,
    code: str,
    *,
    targets: Mapping[str, tuple[float, float]] | None = None,
    by: str = "minori",
    **facts: object,
) -> Crop:
    """`facts`: name, name_ja, variety, largest_head_g, growing_days, degree_day_base_c.

    `targets` are the ranges it should grow in all its life: quantity -> (low, high) in the
    quantity's unit. Said beside those there are, they make the next version of its recipe, which
    `by` signs.

    Raises:
        BadValue: the crop's recipe says more than one range a quantity.
    """
    crop = _ensure(session, Crop, {"organisation_id": organisation.id, "code": code}, facts)
    if targets:
        _ensure_targets(session, crop, targets, by)
    return crop


def ensure_trade_item(
    session: Session, organisation: Organisation, code: str, *, crop: Crop, **facts: object
) -> TradeItem:
    """`facts`: gtin, name, name_ja, net_content_g, pack, pack_ja, shelf_life_days, storage_low_c,
    storage_high_c (what it is kept at from packing on, both or none).

    Raises:
        Gs1Error: the GTIN has no 8 to 14 digits or a wrong check digit.
        BadValue: another item has that GTIN, or lots were already packed under another number;
            or what it is kept at is no range.
    """
    _refuse_no_range(facts.get("storage_low_c"), facts.get("storage_high_c"))
    gtin = facts.get("gtin")
    key = {"organisation_id": organisation.id, "code": code}
    if gtin is not None:
        facts["gtin"] = gtin14(str(gtin))
        _refuse_gtin(session, key, facts["gtin"])
    return _ensure(session, TradeItem, key, {"crop_id": crop.id, **facts})


def ensure_feed(session: Session, zone: Zone, tank: Zone | None, *, since: datetime) -> None:
    """Say which tank feeds a zone from then on, or none; what was before stays as it was."""
    current = session.exec(
        select(Feed).where(Feed.zone_id == zone.id, col(Feed.end).is_(None))
    ).first()
    if current is not None:
        if tank is not None and current.tank_id == tank.id:
            return
        current.end = max(since, current.start + timedelta(milliseconds=1))
        since = current.end
    if tank is not None:
        session.add(Feed(tank_id=tank.id, zone_id=zone.id, start=since))
    session.flush()


def ensure_material(
    session: Session, organisation: Organisation, code: str, **facts: object
) -> Material:
    """`facts`: name, name_ja, kind (MATERIAL_KINDS)."""
    kind = facts.get("kind", MATERIAL_KINDS[0])
    if kind not in MATERIAL_KINDS:
        raise BadValue(
            field="kind",
            expected=Phrase("one of {known}", known=", ".join(MATERIAL_KINDS)),
            got=kind,
            next_step="choose one",
        )
    return _ensure(session, Material, {"organisation_id": organisation.id, "code": code}, facts)


def ensure_packing(
    session: Session,
    item: TradeItem,
    material: Material,
    *,
    pieces: int | None = None,
    weight_g: int | None = None,
) -> PackingMaterial:
    """Say what one pack of an item takes of a material, in pieces or grams."""
    if (pieces is None) == (weight_g is None) or (pieces or weight_g or 0) < 1:
        raise BadValue(
            field="amount",
            expected="pieces or grams a pack, one of them, from 1",
            got=Phrase("pieces {pieces}, weight_g {weight_g}", pieces=pieces, weight_g=weight_g),
            next_step="say how much one pack takes",
        )
    key = {"trade_item_id": item.id, "material_id": material.id}
    return _ensure(session, PackingMaterial, key, {"pieces": pieces, "weight_g": weight_g})


def what_is(session: Session, lot: Lot) -> Crop | Material:
    """Return what a lot is of: its crop, or the material of the farm's supplies."""
    if lot.crop_id is not None:
        return session.get_one(Crop, lot.crop_id)
    return session.get_one(Material, lot.material_id)


def find(session: Session, model: type[_Row], code: str, **within: object) -> _Row:
    """Return the row of that code.

    Raises:
        NotFound: there is none; says which codes there are.
    """
    rows = session.exec(select(model).filter_by(**within)).all()
    by_code = {str(row.code): row for row in rows}  # type: ignore[attr-defined]
    if code not in by_code:
        what = str(model.__tablename__).replace("_", " ")
        known = ", ".join(sorted(by_code)) or "none yet"
        raise NotAmong(what=what, name=code, known=known)
    return by_code[code]


def targets_of(session: Session, crop: Crop) -> dict[str, tuple[float, float]] | None:
    """Return the ranges a crop wants all its life; None where its recipe says more than that."""
    newest = recipes.newest_of(session, crop)
    return {} if newest is None else recipes.always_of(recipes.document_of(newest))


def _ensure_targets(
    session: Session, crop: Crop, targets: Mapping[str, tuple[float, float]], by: str
) -> None:
    before = targets_of(session, crop)
    if before is None:
        raise BadValue(
            field="targets",
            expected="a crop that wants the same all its life",
            got=Phrase(
                "{crop}, whose recipe has stages or differs by day and night", crop=crop.code
            ),
            next_step="change the recipe: minori catalogue recipe show, then import",
        )
    try:
        document = recipes.one_stage(before | dict(targets))
    except ValidationError as error:
        fault = error.errors()[0]
        raise BadValue(
            field="targets",
            expected=fault["msg"].removeprefix("Value error, "),
            got=", ".join(f"{name} {pair[0]:g} to {pair[1]:g}" for name, pair in targets.items()),
            next_step="correct it; the units are those of docs/glossary.md",
        ) from error
    recipes.record(session, crop, document, by=by)


def _refuse_no_range(low: object, high: object) -> None:
    if low is None and high is None:
        return
    if not isinstance(low, (int, float)) or not isinstance(high, (int, float)) or low >= high:
        raise BadValue(
            field="storage",
            expected="a lower and a higher temperature [°C], both or none",
            got=Phrase("{low} to {high}", low=low, high=high),
            next_step="say both, such as 1 and 5",
        )


def _refuse_gtin(session: Session, key: Mapping[str, object], gtin: object) -> None:
    """A number names one thing for ever: labels that carry it cannot be called back."""
    holder = session.exec(select(TradeItem).where(TradeItem.gtin == gtin)).first()
    row = session.exec(select(TradeItem).filter_by(**key)).first()
    if holder is not None and holder is not row:
        raise BadValue(
            field="gtin",
            expected="a number no other trade item has",
            got=Phrase("{gtin}, which is {holder}", gtin=gtin, holder=holder.code),
            next_step="change that item, or take the next number of your prefix",
        )
    if row is None or row.gtin == gtin:
        return
    packed = session.exec(select(Lot.code).where(Lot.trade_item_id == row.id)).first()
    if packed is not None:
        raise BadValue(
            field="gtin",
            expected=Phrase(
                "{gtin}, under which lot {packed} was packed",
                gtin=row.gtin or "no number",
                packed=packed,
            ),
            got=gtin,
            next_step="make a new trade item for the new number",
        )


def _ensure(
    session: Session, model: type[_Row], key: Mapping[str, object], facts: Mapping[str, object]
) -> _Row:
    row = session.exec(select(model).filter_by(**key)).first()
    if row is None:
        row = model(**key, **facts)
        session.add(row)
    for name, value in facts.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
    session.flush()
    return row
