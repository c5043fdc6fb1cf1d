"""One row of a table, written: made, changed or found to be so already."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, SQLModel, select

from api.i18n import Reader
from api.incoming.outcome import Change
from traceability import catalogue
from traceability.amounts import Amount
from traceability.errors import BadValue, TraceabilityError
from traceability.lot_import import ImportedLot, bring_in
from traceability.models import Crop, Organisation, Party, Site, TradeItem, Zone

Cells = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose table it is, and where its places and lots are."""

    session: Session
    owner: Organisation
    site: Site
    by: str
    reader: Reader


def write(sender: Sender, kind: str, number: int, cells: Cells) -> Change | None:
    """Write a row; None where it says what is so already.

    Raises:
        TraceabilityError: it cannot be; `field` in its facts is the column's key, where it has one.
    """
    return _WRITERS[kind](sender, number, cells)


def _written(
    sender: Sender,
    number: int,
    cells: Cells,
    row_of: tuple[type[SQLModel], Mapping[str, str]],
    ensure: Callable[..., Any],
) -> Change | None:
    """Make or change a row of master data; say what of it is new."""
    model, within = row_of
    facts = dict(cells)
    code = facts.pop("code")
    before = sender.session.exec(select(model).filter_by(code=code, **within)).first()
    was = before.model_dump() if before else {}
    if before is None:
        facts.setdefault("name", code)
    row = ensure(code, facts, was)
    now = row.model_dump()
    cells_now = {name: (was.get(name), now[name]) for name in facts if was.get(name) != now[name]}
    if before is None:
        return Change(number, code, is_new=True, cells=cells_now)
    return Change(number, code, is_new=False, cells=cells_now) if cells_now else None


def _crop(sender: Sender, number: int, cells: Cells) -> Change | None:
    def ensure(code: str, facts: Mapping[str, Any], was: Mapping[str, Any]) -> Crop:
        _needs(facts, was, "largest_head_g")
        return catalogue.ensure_crop(sender.session, sender.owner, code, **facts)

    return _written(sender, number, cells, (Crop, _owned(sender)), ensure)


def _product(sender: Sender, number: int, cells: Cells) -> Change | None:
    def ensure(code: str, facts: dict[str, Any], was: Mapping[str, Any]) -> TradeItem:
        _needs(facts, was, "crop" if not was else "")
        _needs(facts, was, "net_content_g")
        named = facts.pop("crop", None)
        crop = _found(sender, Crop, named, "crop") if named else None
        if crop is None:
            crop = sender.session.get_one(Crop, was["crop_id"])
        elif was and was["crop_id"] != crop.id:
            facts["crop_id"] = crop.id
        kept_at = {
            name: facts.get(name, was.get(name)) for name in ("storage_low_c", "storage_high_c")
        }
        said = {name: value for name, value in facts.items() if name != "crop_id"} | kept_at
        return catalogue.ensure_trade_item(sender.session, sender.owner, code, crop=crop, **said)

    return _written(sender, number, cells, (TradeItem, _owned(sender)), ensure)


def _partner(sender: Sender, number: int, cells: Cells) -> Change | None:
    def ensure(code: str, facts: Mapping[str, Any], _was: Mapping[str, Any]) -> Party:
        return catalogue.ensure_party(sender.session, sender.owner, code, **facts)

    return _written(sender, number, cells, (Party, _owned(sender)), ensure)


def _place(sender: Sender, number: int, cells: Cells) -> Change | None:
    def ensure(code: str, facts: Mapping[str, Any], _was: Mapping[str, Any]) -> Zone:
        return catalogue.ensure_zone(sender.session, sender.site, code, **facts)

    return _written(sender, number, cells, (Zone, {"site_id": sender.site.id}), ensure)


def _lot(sender: Sender, number: int, cells: Cells) -> Change | None:
    """Lots become acts, as `traceability.lot_import` makes them: nothing is changed afterwards."""
    _needs(cells, {}, "crop")
    zone = cells.get("zone")
    lot = ImportedLot(
        code=cells["code"],
        crop=_found(sender, Crop, cells["crop"], "crop"),
        zone=_found(sender, Zone, zone, "zone") if zone else None,
        sown_on=cells.get("sown_on"),
        transplanted_on=cells.get("transplanted_on"),
        harvested_on=cells.get("harvested_on"),
        planted_pieces=cells.get("planted_pieces"),
        harvested=Amount(cells.get("harvested_pieces"), cells.get("harvested_weight_g")),
    )
    by = f"{sender.by} (import, row {number})"
    added = bring_in(sender.session, sender.site, lot, recorder=by)
    said = {name: (None, value) for name, value in cells.items() if name != "code"}
    return Change(number, lot.code, is_new=True, cells=said) if added else None


def _found(sender: Sender, model: type[Any], code: str, field: str) -> Any:
    within = {"site_id": sender.site.id} if model is Zone else _owned(sender)
    try:
        return catalogue.find(sender.session, model, code, **within)
    except TraceabilityError as error:
        # The same sentence, with the column it is about.
        error.facts["field"] = field
        raise


def _needs(facts: Mapping[str, Any], was: Mapping[str, Any], name: str) -> None:
    if name and name not in facts and not was.get(name):
        raise BadValue(
            field=name,
            expected="a value for what is new",
            got="nothing",
            next_step="fill in the cell",
        )


def _owned(sender: Sender) -> dict[str, str]:
    return {"organisation_id": sender.owner.id}


_WRITERS: Mapping[str, Callable[[Sender, int, Cells], Change | None]] = {
    "crops": _crop,
    "products": _product,
    "partners": _partner,
    "places": _place,
    "lots": _lot,
}
