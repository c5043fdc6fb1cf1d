"""What is recorded under one identity as links: the pages and data Minori itself has of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlmodel import Session

from api import linked
from api.i18n import LANGUAGES
from traceability import catalogue, recalls
from traceability.gs1.resolver import VOCABULARY, Link, Record
from traceability.identified import Named, named_by
from traceability.models import LogisticUnit, Lot, Party, TradeItem

# Own identifiers are read as beneath some hub; which one does not matter to their meaning.
OWN = "https://here.invalid"

ITEM_PAGE, UNIT_PAGE, PLACE_PAGE = "/p/item/", "/p/unit/", "/p/place/"


@dataclass(frozen=True, slots=True)
class Records:
    """Finds what is recorded for a canonical link.

    Attributes:
        base: the address our own pages are beneath.
        may_show: whether this reader may see a lot of a stage.
    """

    session: Session
    base: str
    may_show: Callable[[str], bool]

    def find(self, anchor: str) -> Record | None:
        """Return the record of exactly this identity; None: nothing this reader may see."""
        named = named_by(self.session, anchor, hubs=(OWN,))
        if named is None or not self._shows(named):
            return None
        record = self._record(self._said(anchor), named)
        return record if not isinstance(named, Lot) else self._warned(record, named)

    def _shows(self, named: Named) -> bool:
        if isinstance(named, Lot):
            return self.may_show(named.stage)
        return not isinstance(named, Party) or named.is_public

    def _said(self, anchor: str) -> str:
        return self.base + anchor.removeprefix(OWN) if anchor.startswith(OWN) else anchor

    def _record(self, anchor: str, named: Named) -> Record:
        if isinstance(named, Lot):
            title = f"{self._product(named)}, lot {named.code}"
            return self._pages(anchor, "traceability", f"/p/{named.id}", title)
        if isinstance(named, TradeItem):
            return self._pages(anchor, "pip", f"{ITEM_PAGE}{named.id}", named.name)
        if isinstance(named, LogisticUnit):
            title = f"{named.kind} {named.code}"
            return self._pages(anchor, "logisticsInfo", f"{UNIT_PAGE}{named.id}", title)
        return self._pages(anchor, "locationInfo", f"{PLACE_PAGE}{named.id}", named.name)

    def _pages(self, anchor: str, word: str, path: str, title: str) -> Record:
        """The page and the same as data: a reader's Accept decides between them."""
        page = Link(
            f"{VOCABULARY}{word}",
            f"{self.base}{path}",
            title,
            media_type="text/html",
            languages=LANGUAGES,
            default=True,
            forward_query=False,
        )
        data = replace(
            page,
            href=f"{page.href}.jsonld",
            title=f"{title}, as data",
            media_type=linked.MEDIA_TYPE,
            languages=(),
        )
        return Record(anchor, title, (page, data))

    def _warned(self, record: Record, lot: Lot) -> Record:
        if recalls.of_lot(self.session, lot.id) is None:
            return record
        status = replace(
            record.links[0],
            relation=f"{VOCABULARY}recallStatus",
            title=f"lot {lot.code} was recalled",
            default=False,
        )
        return replace(record, links=(*record.links, status))

    def _product(self, lot: Lot) -> str:
        item = self.session.get(TradeItem, lot.trade_item_id) if lot.trade_item_id else None
        return (item or catalogue.what_is(self.session, lot)).name
