"""What an identity names here: an item, a lot of it, a case or pallet, a place."""

from collections.abc import Sequence
from urllib.parse import quote

from sqlmodel import Session, col, select

from traceability.errors import AmbiguousLot, UnknownIdentity
from traceability.gs1 import DigitalLink, Identity, gtin14, identify, unescape
from traceability.gs1.checkdigits import GTIN_LENGTHS
from traceability.gs1.identity import LOT
from traceability.gs1.link import CANONICAL_STEM
from traceability.gs1.resolver import levels
from traceability.lookup import ITEMS, find_lots, link_of, one_lot
from traceability.models import LogisticUnit, Lot, Party, Site, TradeItem

Named = TradeItem | Lot | LogisticUnit | Site | Party

UNIT = "unit"
# Own identifiers are read as beneath some hub; which one does not matter to their meaning.
OWN = "https://here.invalid"
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


def path_named(session: Session, text: str, *, hubs: Sequence[str] = ()) -> str:
    """Return the path of the identity that people's words name: `/01/{gtin}/10/{lot}`.

    Args:
        text: an item's code or GTIN, a case's code, a lot's code or id, a link or its path, a scan.

    Raises:
        UnknownIdentity: nothing of it is kept here, no finer and no coarser.
        AmbiguousLot, Gs1Error: as `lookup` says.
    """
    text = text.strip()
    if text.startswith("/"):
        text = (CANONICAL_STEM if text[1:2].isdigit() else OWN) + text
    row = session.get(Lot, text) or by_own_code(session, text)
    if row is None:
        identity = identify(text, hubs=(*hubs, OWN))
        if identity.canonical is not None:
            return _known_path(session, identity, text, hubs)
        row = one_lot(session, text, hubs=hubs)
    anchor = anchor_of(session, row, base=OWN)
    if anchor is None:
        raise UnknownIdentity(name=text)
    return anchor.removeprefix(OWN).removeprefix(CANONICAL_STEM)


def named_beside_lots(session: Session, text: str, *, hubs: Sequence[str] = ()) -> Named | None:
    """Return what a link or scan without a lot names: a case, an item, a place; None: no such.

    Raises:
        UnknownIdentity: it is a key, and nothing of it is kept here.
        Gs1Error: it is written as GS1 data and wrong.
    """
    identity = identify(text, hubs=(*hubs, OWN))
    if identity.canonical is None or identity.lot is not None:
        return None
    found = (named_by(session, anchor, hubs=(*hubs, OWN)) for anchor in levels(identity))
    row = next((one for one in found if one is not None), None)
    if row is None:
        raise UnknownIdentity(name=text)
    return row


def by_own_code(session: Session, text: str) -> Named | None:
    """Return the item of a code or bare GTIN, or the case or pallet of a code; None: neither."""
    item = session.exec(select(TradeItem).where(TradeItem.code == text)).first()
    if item is None and text.isdigit() and len(text) in GTIN_LENGTHS:
        item = session.exec(select(TradeItem).where(TradeItem.gtin == gtin14(text))).first()
    if item is not None:
        return item
    query = select(LogisticUnit).where(LogisticUnit.code == text)
    return session.exec(query.order_by(col(LogisticUnit.made_at).desc())).first()


def _known_path(session: Session, identity: Identity, text: str, hubs: Sequence[str]) -> str:
    every = (*hubs, OWN)
    if not any(named_by(session, anchor, hubs=every) for anchor in levels(identity)):
        raise UnknownIdentity(name=text)
    path = str(identity.canonical)
    for hub in (CANONICAL_STEM, *every):
        path = path.removeprefix(hub.rstrip("/"))
    return path


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
