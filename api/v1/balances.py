"""Mass balance of a lot, a crop or a trade item; whole grams."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel

from api.deps import InWeb, LotToRead, ReadSession
from api.problems import problems
from traceability import balance
from traceability.balance import Balance
from traceability.catalogue import find
from traceability.errors import NotFound, UnknownLot
from traceability.models import Crop, TradeItem

router = APIRouter(prefix="/api/v1", tags=["balance"], responses=problems(NotFound, UnknownLot))

Start = Annotated[AwareDatetime, Query(description="half-open: from this moment on")]
End = Annotated[AwareDatetime, Query(description="half-open: up to this moment")]


class NamedOut(BaseModel):
    lot_id: str
    lot: str
    missing_g: int | None


class BalanceOut(BaseModel):
    """opening + harvested + received + returned + made = shipped + discarded + sampled + used +
    lost + closing + unexplained."""

    start: datetime
    end: datetime
    lots: int
    opening_g: int
    entries_g: dict[str, int]
    closing_g: int
    unexplained_g: int
    unexplained: list[NamedOut]

    @classmethod
    def of(cls, found: Balance) -> Self:
        return cls(
            start=found.start,
            end=found.end,
            lots=found.lots,
            opening_g=found.opening_g,
            entries_g=dict(found.entries),
            closing_g=found.closing_g,
            unexplained_g=found.unexplained_g,
            unexplained=[
                NamedOut(lot_id=one.lot_id, lot=one.lot, missing_g=one.grams)
                for one in found.unexplained
            ],
        )


@router.get("/lots/{lot}/balance")
def of_lot(lot: LotToRead, session: ReadSession, web: InWeb) -> BalanceOut:
    """Return the account of one lot from its beginning to now."""
    return BalanceOut.of(balance.of_lot(session, lot, until=web.now()))


@router.get("/crops/{code}/balance")
def of_crop(code: str, start: Start, end: End, session: ReadSession) -> BalanceOut:
    """Return the account of a crop's harvested and packed lots over a period."""
    crop = find(session, Crop, code)
    return BalanceOut.of(balance.of_crop(session, crop, start=start, end=end))


@router.get("/trade-items/{code}/balance")
def of_item(code: str, start: Start, end: End, session: ReadSession) -> BalanceOut:
    """Return the account of a trade item's packs over a period."""
    item = find(session, TradeItem, code)
    return BalanceOut.of(balance.of_item(session, item, start=start, end=end))
