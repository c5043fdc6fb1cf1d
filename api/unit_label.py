"""The label of a case or pallet: its SSCC and what is in it, as AIs, as a link and in words.

What is in it is said as AIs only where it is one trade item: (02) with (37), how many, and the lot
where it is one. A mixed pallet says its number; the rest is on its page.

Source: GS1 General Specifications, "Logistic units: contents", AIs 00, 02, 37.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal, TypeVar

from sqlmodel import Session

from api.errors import LabelRefused, PublicUrlNotSet, UnitUrlNotHttps
from api.label_layout import TEMPLATES, lay_out
from api.labels import qr_label
from api.print_run import FileKind, PrintRun, as_file
from traceability import catalogue, contents
from traceability.amounts import Amount, total
from traceability.gs1.link import CANONICAL_STEM
from traceability.identified import anchor_of
from traceability.models import Crop, LogisticUnit, Lot, Material, Organisation, Site, TradeItem

# Sheets that hold a label of this kind.
STOCK = {"case": "a4-8", "pallet": "a4-2"}
_KINDS = {"case": "ケース Case", "pallet": "パレット Pallet"}
# More lots than this are named on the unit's page only.
_MOST_LOTS = 3
_MOST_COUNTED = 99_999_999

_T = TypeVar("_T")
_Held = Sequence[tuple[Lot, Amount]]


def unit_label(
    session: Session,
    unit: LogisticUnit,
    run: PrintRun,
    *,
    public_url: str,
    kind: FileKind | Literal["png"],
) -> tuple[str, bytes]:
    """Return the link on a unit's label, and the label as a file; a PNG is the QR code alone.

    Raises:
        PublicUrlNotSet, UnitUrlNotHttps: there is no address the code could lead to.
        LabelRefused: it does not fit, or is larger than the stock.
        Gs1Error: what a code would carry is wrong.
    """
    link = link_of(session, unit, public_url=public_url)
    held = _held(session, unit)
    lines = _lines(session, unit, held)
    if kind == "png":
        return link, qr_label(link, lines, kind="png")
    codes = elements(session, unit, held)
    template = replace(TEMPLATES[run.template], datamatrix=bool(codes), linear=bool(codes))
    try:
        label = lay_out(template, lines, link=link, elements=codes)
    except LabelRefused:
        # A small label has room for one barcode: the number. The DataMatrix still says it all.
        label = lay_out(template, lines, link=link, elements=codes, linear=codes[:1])
    return link, as_file(label, run, kind)


def link_of(session: Session, unit: LogisticUnit, *, public_url: str) -> str:
    """Return the address on a unit's label.

    Raises:
        PublicUrlNotSet, UnitUrlNotHttps: there is none that could be printed.
    """
    if not public_url:
        raise PublicUrlNotSet
    link = printed_link(session, unit, base=public_url)
    if not unit.is_sscc and not link.startswith("https://"):
        raise UnitUrlNotHttps(unit=unit.code, link=link)
    return link


def printed_link(session: Session, unit: LogisticUnit, *, base: str) -> str:
    """Return the address of a unit beneath a base, whether or not it could be printed."""
    base = base.rstrip("/")
    return str(anchor_of(session, unit, base=base)).replace(CANONICAL_STEM, base, 1)


def elements(session: Session, unit: LogisticUnit, held: _Held) -> list[tuple[str, str]]:
    """Return the AIs of a unit, predefined lengths first; none without an SSCC."""
    if not unit.is_sscc:
        return []
    sscc = [("00", unit.code)]
    item_id = _only(lot.trade_item_id for lot, _ in held)
    item = session.get(TradeItem, item_id) if item_id else None
    count = total([amount for _, amount in held]).pieces if held else None
    if item is None or item.gtin is None or not count or count > _MOST_COUNTED:
        return sscc
    best_before = _only(lot.best_before for lot, _ in held)
    lot = _only(lot.code for lot, _ in held)
    return [
        *sscc,
        ("02", item.gtin),
        *([("15", f"{best_before:%y%m%d}")] if best_before else []),
        ("37", str(count)),
        *([("10", lot)] if lot else []),
    ]


def _held(session: Session, unit: LogisticUnit) -> _Held:
    """Each lot in the unit once, with all of it that is in there."""
    packed = [one for _, inside in contents.packed_in(session, unit) for one in inside.lots]
    lots = {lot.id: lot for lot, _ in packed}
    return [
        (lot, total([amount for other, amount in packed if other.id == lot.id]))
        for lot in lots.values()
    ]


def _lines(session: Session, unit: LogisticUnit, held: _Held) -> list[str]:
    whole = total([amount for _, amount in held]) if held else Amount()
    names = dict.fromkeys(_named(_what(session, lot)) for lot, _ in held)
    codes = sorted({lot.code for lot, _ in held})
    more = f" +{len(codes) - _MOST_LOTS}" if len(codes) > _MOST_LOTS else ""
    best_before = _only(lot.best_before for lot, _ in held)
    site = session.get_one(Site, unit.site_id)
    farm = session.get_one(Organisation, unit.organisation_id)
    said = [
        ("SSCC" if unit.is_sscc else "番号 No.", unit.code),
        ("ロット Lot", ", ".join(codes[:_MOST_LOTS]) + more),
        ("数量 Count", "" if whole.pieces is None else f"{whole.pieces}"),
        ("正味 Net", "" if whole.weight_g is None else f"{whole.weight_g / 1000:g} kg"),
        ("賞味期限 Best before", best_before.isoformat() if best_before else ""),
        ("出荷元 From", " / ".join(dict.fromkeys((_named(farm), _named(site))))),
    ]
    return [
        _KINDS[unit.kind],
        *list(names)[:_MOST_LOTS],
        *(f"{name} {value}" for name, value in said if value),
    ]


def _what(session: Session, lot: Lot) -> TradeItem | Crop | Material:
    item = session.get(TradeItem, lot.trade_item_id) if lot.trade_item_id else None
    return item or catalogue.what_is(session, lot)


def _named(row: TradeItem | Crop | Material | Organisation | Site) -> str:
    return " ".join(dict.fromkeys(name for name in (row.name_ja, row.name) if name))


def _only(values: Iterable[_T | None]) -> _T | None:
    """Return the value all have, or None."""
    found = set(values)
    return found.pop() if len(found) == 1 else None
