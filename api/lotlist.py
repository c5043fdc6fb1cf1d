"""Lots with what a list says of them, in one query, in pages with stable links.

A page starts after a row, not at a number: a lot opened meanwhile neither repeats nor hides one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select as core_select
from sqlmodel import Session, and_, col, or_

from api.cursors import cursor, place
from traceability.models import Crop, Lot, Material, Site, TradeItem, Zone
from traceability.models.base import HasId

PAGE_SIZE = 50
LARGEST_PAGE = 500


@dataclass(frozen=True, slots=True)
class LotRow:
    """A lot with the rows its codes and names are taken from."""

    lot: Lot
    crop: Crop | None
    material: Material | None
    item: TradeItem | None
    site: Site
    zone: Zone | None

    @property
    def what(self) -> Crop | Material:
        """What the lot is of: a crop, or a material of the farm's supplies."""
        what = self.crop or self.material
        assert what is not None
        return what


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lots; what is None or empty does not narrow."""

    stage: str = ""
    crop: str = ""
    text: str = ""
    is_open: bool | None = None


@dataclass(frozen=True, slots=True)
class LotPage:
    rows: Sequence[LotRow]
    after: str | None  # where the next page starts; None: this is the last


def page_of(
    session: Session, wanted: Wanted, *, after: str | None = None, limit: int = PAGE_SIZE
) -> LotPage:
    """Return lots newest first.

    Raises:
        BadCursor: `after` is not what an earlier page gave.
    """
    query = _narrowed(_described(), wanted)
    if after:
        opened_at, lot_id = place(after)
        earlier = and_(Lot.opened_at == opened_at, Lot.id < lot_id)
        query = query.where(or_(Lot.opened_at < opened_at, earlier))
    query = query.order_by(col(Lot.opened_at).desc(), col(Lot.id).desc())
    found = [LotRow(*row) for row in session.execute(query.limit(limit + 1))]
    rows = found[:limit]
    if len(found) <= limit:
        return LotPage(rows, None)
    return LotPage(rows, cursor(rows[-1].lot.opened_at, rows[-1].lot.id))


def every_row(session: Session, wanted: Wanted) -> Iterator[LotRow]:
    """Yield all of them, newest first, for an export."""
    query = _narrowed(_described(), wanted)
    query = query.order_by(col(Lot.opened_at).desc(), col(Lot.id).desc())
    for row in session.execute(query):
        yield LotRow(*row)


def rows_of(session: Session, lots: Sequence[HasId]) -> list[LotRow]:
    """Return the same for given lots, in their order."""
    query = _described().where(col(Lot.id).in_([lot.id for lot in lots]))
    by_id = {row[0].id: LotRow(*row) for row in session.execute(query)}
    return [by_id[lot.id] for lot in lots]


def _described() -> Any:
    return (
        core_select(Lot, Crop, Material, TradeItem, Site, Zone)
        .join(Crop, col(Crop.id) == col(Lot.crop_id), isouter=True)
        .join(Material, col(Material.id) == col(Lot.material_id), isouter=True)
        .join(Site, col(Site.id) == col(Lot.site_id))
        .join(TradeItem, col(TradeItem.id) == col(Lot.trade_item_id), isouter=True)
        .join(Zone, col(Zone.id) == col(Lot.zone_id), isouter=True)
    )


def _narrowed(query: Any, wanted: Wanted) -> Any:
    if wanted.stage:
        query = query.where(Lot.stage == wanted.stage)
    if wanted.crop:
        query = query.where(Crop.code == wanted.crop)
    if wanted.text:
        query = query.where(col(Lot.code).contains(wanted.text, autoescape=True))
    if wanted.is_open is not None:
        closed = col(Lot.closed_at)
        query = query.where(closed.is_(None) if wanted.is_open else closed.is_not(None))
    return query
