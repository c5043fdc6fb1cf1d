"""Which lot somebody means: a code, a GS1 Digital Link, an element string or a scan.

A lot is named by trade item and code together; a code alone may name several, and then the
candidates are listed instead of one being guessed. A farm without a GS1 prefix names its items
and crops beneath its own hub: https://hub.example/items/lowk-80/10/L1, .../crops/lowk/10/L1.
"""

from collections.abc import Sequence
from urllib.parse import quote

from sqlmodel import Session, col, select

from traceability.catalogue import what_is
from traceability.errors import AmbiguousLot, BadValue, Phrase, UnknownLot
from traceability.gs1 import Identity, identify, lot_identity, unescape
from traceability.models import Crop, Lot, TradeItem
from traceability.rules import scope_of

ITEMS, _CROPS, _MATERIALS = "items", "crops", "materials"
# More candidates than this help nobody choose.
_SHOWN = 10


def one_lot(session: Session, text: str, *, hubs: Sequence[str] = ()) -> Lot:
    """Return the one lot that the text names.

    Args:
        hubs: Our own base addresses (`public_url`), whose identifiers need no GTIN.

    Raises:
        UnknownLot: no lot answers to it.
        AmbiguousLot: several do; the message lists how to name each.
        Gs1Error: it is written as GS1 data and wrong; says where.
    """
    found = find_lots(session, text, hubs=hubs)
    if not found:
        raise UnknownLot(name=text)
    if len(found) > 1:
        shown = ", ".join(f"{lot.scope} lot {lot.code} ({lot.id})" for lot in found[:_SHOWN])
        raise AmbiguousLot(count=len(found), name=text, candidates=shown)
    return found[0]


def find_lots(session: Session, text: str, *, hubs: Sequence[str] = ()) -> Sequence[Lot]:
    """Return every lot the text may name, newest first; a lot's own id names exactly it."""
    by_id = session.get(Lot, text.strip())
    if by_id is not None:
        return [by_id]
    identity = identify(text.strip(), hubs=hubs)
    if identity.lot is None:
        raise BadValue(
            field="lot",
            expected="a code that names a lot",
            got=Phrase("{text}, which names a product", text=text),
            next_step="scan the code with the lot in it, or type the lot code",
        )
    query = select(Lot).where(Lot.code == identity.lot).order_by(col(Lot.opened_at).desc())
    scope = _scope(session, identity)
    if scope is not None:
        query = query.where(Lot.scope == scope)
    return session.exec(query).all()


def link_of(session: Session, lot: Lot, *, base: str) -> str:
    """Return the address of a lot beneath a base: a GS1 Digital Link where the item has a GTIN.

    `base` is the farm's public address, or `https://id.gs1.org` for the canonical form.
    """
    item = session.get(TradeItem, lot.trade_item_id) if lot.trade_item_id else None
    if item is not None and item.gtin is not None:
        canonical = lot_identity(item.gtin, lot.code).canonical
        assert canonical is not None
        return base.rstrip("/") + canonical[canonical.index("/01/") :]
    kind, code = (ITEMS, item.code) if item else _own_kind(session, lot)
    own = f"{base.rstrip('/')}/{kind}/{quote(code, safe='')}"
    return f"{own}/10/{quote(lot.code, safe='')}"


def _own_kind(session: Session, lot: Lot) -> tuple[str, str]:
    return _CROPS if lot.crop_id is not None else _MATERIALS, what_is(session, lot).code


def _scope(session: Session, identity: Identity) -> str | None:
    """Return the scope of `traceability.models.Lot` that the identity's item stands for."""
    if identity.item is None:
        return None
    if identity.gtin is not None:
        return f"GTIN {identity.gtin}"
    *_, kind, name = unescape(identity.item).split("/")
    if kind in (_CROPS, _MATERIALS):
        return f"{kind[:-1]} {name}"
    item = session.exec(select(TradeItem).where(TradeItem.code == name)).first()
    if item is None:
        return f"item {name}"
    return scope_of(session.get_one(Crop, item.crop_id), item)
