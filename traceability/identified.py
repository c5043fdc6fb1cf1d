"""What an identity names here: an item, a lot of it, a case or pallet, a place."""

from collections.abc import Sequence
from urllib.parse import quote

from sqlmodel import Session, col, select

from traceability.errors import AmbiguousLot
from traceability.gs1 import DigitalLink, identify, unescape
from traceability.gs1.identity import LOT
from traceability.gs1.link import CANONICAL_STEM
from traceability.lookup import ITEMS, find_lots, link_of
from traceability.models import LogisticUnit, Lot, Party, Site, TradeItem

Named = TradeItem | Lot | LogisticUnit | Site | Party

UNIT = "unit"
_SSCC, _GTIN, _ITIP = "00", "01", "8006"
_GLNS = ("414", "415", "417")
# Keys of things that are kept here; of any other there is nothing to tell.
KEPT_KEYS = frozenset({_SSCC, _GTIN, _ITIP, *_GLNS})


def named_by(session: Session, anchor: str, *, hubs: Sequence[str] = ()) -> Named | None:
    """Return the row that exactly this link names; None: there is none, or none so fine.

    Args:
        anchor: canonical, or an address beneath one of `hubs`.

    Raises:
        AmbiguousLot: several farms on this hub have such a lot.
    """
    for hub in hubs:
        if anchor.startswith(hub.rstrip("/") + "/"):
            return _own(session, anchor, anchor[len(hub.rstrip("/")) :], hubs)
    (key, value), *qualifiers = DigitalLink.parse(anchor).path
    finer = [ai for ai, _ in qualifiers]
    if key == _SSCC:
        return _unit(session, value, is_sscc=True)
    if key in (_GTIN, _ITIP) and finer == [LOT]:
        link = f"{CANONICAL_STEM}/01/{value[:14]}/10/{quote(dict(qualifiers)[LOT], safe='')}"
        return _one_lot(session, link, hubs)
    if key in (_GTIN, _ITIP) and not finer:
        return session.exec(select(TradeItem).where(TradeItem.gtin == value[:14])).first()
    if key in _GLNS and not finer:
        return _place(session, value)
    return None


def anchor_of(session: Session, named: Named, *, base: str) -> str | None:
    """Return the canonical link of a row, one beneath `base` where it has no GS1 key.

    None: neither has it a key, nor an address of its own.
    """
    base = base.rstrip("/")
    if isinstance(named, TradeItem):
        if named.gtin:
            return f"{CANONICAL_STEM}/01/{named.gtin}"
        return f"{base}/{ITEMS}/{quote(named.code, safe='')}"
    if isinstance(named, LogisticUnit):
        if named.is_sscc:
            return f"{CANONICAL_STEM}/00/{named.code}"
        return f"{base}/{UNIT}/{quote(named.code, safe='')}"
    if isinstance(named, Lot):
        link = link_of(session, named, base=base)
        return CANONICAL_STEM + link[len(base) :] if link.startswith(f"{base}/01/") else link
    return f"{CANONICAL_STEM}/414/{named.gln}" if named.gln else None


def _own(session: Session, anchor: str, path: str, hubs: Sequence[str]) -> Named | None:
    if identify(anchor, hubs=hubs).lot is not None:
        return _one_lot(session, anchor, hubs)
    kind, _, name = path.strip("/").partition("/")
    if kind == ITEMS:
        query = select(TradeItem).where(TradeItem.code == unescape(name))
        return session.exec(query).first()
    return _unit(session, unescape(name), is_sscc=False) if kind == UNIT else None


def _one_lot(session: Session, link: str, hubs: Sequence[str]) -> Lot | None:
    lots = find_lots(session, link, hubs=hubs)
    if len(lots) > 1:
        names = ", ".join(f"{lot.scope} {lot.code}" for lot in lots)
        raise AmbiguousLot(count=len(lots), name=lots[0].code, candidates=names)
    return lots[0] if lots else None


def _unit(session: Session, code: str, *, is_sscc: bool) -> LogisticUnit | None:
    query = select(LogisticUnit).where(
        LogisticUnit.code == code, col(LogisticUnit.is_sscc).is_(is_sscc)
    )
    return session.exec(query.order_by(col(LogisticUnit.made_at).desc())).first()


def _place(session: Session, gln: str) -> Site | Party | None:
    site = session.exec(select(Site).where(Site.gln == gln).order_by(col(Site.code))).first()
    return site or session.exec(select(Party).where(Party.gln == gln)).first()
