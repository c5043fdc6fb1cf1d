"""What is recorded under one identity as links: Minori's own pages and data, and what the farm set.

A lot that was called back keeps its own page in front, whatever was set: whoever holds some of it
has to read the warning.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from api import linked, words
from api.i18n import LANGUAGES, Reader
from traceability import catalogue, links, recalls
from traceability.gs1.link import CANONICAL_STEM
from traceability.gs1.resolver import VOCABULARY, Link, Record
from traceability.identified import OWN, Named, anchor_of, named_by
from traceability.models import LinkEvent, LogisticUnit, Lot, Party, TradeItem

ITEM_PAGE, UNIT_PAGE, PLACE_PAGE = "/p/item/", "/p/unit/", "/p/place/"


@dataclass(frozen=True, slots=True)
class Records:
    """Finds what is recorded for a canonical link.

    Attributes:
        base: the address our own pages are beneath.
        may_show: whether this reader may see a lot of a stage.
        now: aware UTC; links are given between their dates.
        reader: in whose language our own pages and types of links are named.
    """

    session: Session
    base: str
    may_show: Callable[[str], bool]
    now: datetime
    reader: Reader

    def find(self, anchor: str) -> Record | None:
        """Return the record of exactly this identity; None: nothing this reader may see."""
        named = named_by(self.session, anchor, hubs=(OWN,))
        if named is not None and not self._shows(named):
            return None
        entered = links.of_anchor(self.session, path_of(anchor))
        said = [self._link(event) for event in entered.given(self.now)]
        if named is None:
            return self._without_row(anchor, said, is_withdrawn=entered.withdrawn is not None)
        record = self._record(self._said(anchor), named)
        if isinstance(named, Lot) and recalls.of_lot(self.session, named.id) is not None:
            return self._warned(record, named, said)
        if isinstance(named, Lot):
            said += self._of_its_item(named)
        return replace(
            record, links=_in_front(said, record.links), withdrawn=entered.withdrawn is not None
        )

    def _without_row(self, anchor: str, said: list[Link], *, is_withdrawn: bool) -> Record | None:
        """A serial or variant has no page of its own, and may have links all the same."""
        if not said and not is_withdrawn:
            return None
        title = said[0].title if said else anchor
        return Record(self._said(anchor), title, tuple(said), withdrawn=is_withdrawn)

    def _of_its_item(self, lot: Lot) -> list[Link]:
        """Where the product's default leads its lots, too."""
        item = self.session.get(TradeItem, lot.trade_item_id) if lot.trade_item_id else None
        if item is None:
            return []
        anchor = path_of(anchor_of(self.session, item, base=OWN) or "")
        given = links.of_anchor(self.session, anchor).given(self.now)
        return [self._link(event) for event in given if event.is_default and event.with_lots]

    def _shows(self, named: Named) -> bool:
        if isinstance(named, Lot):
            return self.may_show(named.stage)
        return not isinstance(named, Party) or named.is_public

    def _said(self, anchor: str) -> str:
        return self.base + anchor.removeprefix(OWN) if anchor.startswith(OWN) else anchor

    def _record(self, anchor: str, named: Named) -> Record:
        _ = self.reader
        if isinstance(named, Lot):
            title = _("{product}, lot {code}", product=self._product(named), code=named.code)
            return self._pages(anchor, "traceability", f"/p/{named.id}", title)
        if isinstance(named, TradeItem):
            return self._pages(anchor, "pip", f"{ITEM_PAGE}{named.id}", _.name(named))
        if isinstance(named, LogisticUnit):
            title = f"{words.unit_kinds(_)[named.kind]} {named.code}"
            return self._pages(anchor, "logisticsInfo", f"{UNIT_PAGE}{named.id}", title)
        return self._pages(anchor, "locationInfo", f"{PLACE_PAGE}{named.id}", _.name(named))

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
            title=self.reader("{title}, as data", title=title),
            media_type=linked.MEDIA_TYPE,
            languages=(),
        )
        return Record(anchor, title, (page, data))

    def _warned(self, record: Record, lot: Lot, said: Sequence[Link]) -> Record:
        status = replace(
            record.links[0],
            relation=f"{VOCABULARY}recallStatus",
            title=self.reader("lot {code} was recalled", code=lot.code),
            default=False,
        )
        behind = [replace(link, default=False) for link in said]
        return replace(record, links=(*record.links, status, *behind))

    def _product(self, lot: Lot) -> str:
        item = self.session.get(TradeItem, lot.trade_item_id) if lot.trade_item_id else None
        return self.reader.name(item or catalogue.what_is(self.session, lot))

    def _link(self, event: LinkEvent) -> Link:
        return Link(
            event.relation,
            event.href,
            words.link_title(self.reader, event.relation, event.title),
            media_type=event.media_type or None,
            languages=(event.language,) if event.language else (),
            contexts=(event.context,) if event.context else (),
            default=event.is_default,
        )


def path_of(anchor: str) -> str:
    """Return an identity's path, as links are kept under it."""
    return anchor.removeprefix(OWN).removeprefix(CANONICAL_STEM)


def _in_front(said: Sequence[Link], own: Sequence[Link]) -> tuple[Link, ...]:
    """Put what the farm set first; a default for everybody takes the own page's place."""
    for_all = any(link.default and not link.languages and not link.contexts for link in said)
    page, *others = own
    return (*said, replace(page, default=not for_all), *others)
