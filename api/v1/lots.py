"""Lots: listed, found by any text that names one, with their history, conditions and graph."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlmodel import Session

from api.deps import InWeb, LotToRead, ReadSession
from api.errors import BadCursor
from api.lotlist import LARGEST_PAGE, PAGE_SIZE, Wanted, page_of, rows_of
from api.problems import problems
from api.v1.lived import ConditionsOut, StageOut
from api.v1.shapes import ActOut, AmountOut, LotOut
from traceability import by_stage, conditions, genealogy, lot_conditions, shares
from traceability.acts import of_lot
from traceability.errors import AmbiguousLot, UnknownLot
from traceability.gs1 import Gs1Error
from traceability.models import STAGES, Crop

router = APIRouter(
    prefix="/api/v1/lots", tags=["lots"], responses=problems(AmbiguousLot, Gs1Error, UnknownLot)
)

Stage = Literal["growing", "harvested", "packed", "input"]
assert set(Stage.__args__) == set(STAGES)  # type: ignore[attr-defined]


class LotsOut(BaseModel):
    lots: list[LotOut]
    after: str | None  # give it back as `after` for the next page; null: this was the last


class Acts(BaseModel):
    acts: list[ActOut]


class EdgeOut(BaseModel):
    """How much of `source` went into `target`, and how many steps from the start that was."""

    source_id: str
    source: str
    target_id: str
    target: str
    kind: str
    at: datetime
    amount: AmountOut
    depth: int
    tank: str | None = Field(
        description="the tank through which the source came to the target: poured in at `at`, the"
        " first time; how much of it, nobody can say"
    )


class ConsignmentOut(BaseModel):
    lot_id: str
    lot: str
    party: str
    at: datetime
    amount: AmountOut
    from_start_g: int | None = Field(
        description="of it, the grams that came from the lot that was asked about"
    )
    act_id: str


class TraceOut(BaseModel):
    direction: Literal["back", "forward"]
    lots: list[LotOut]
    edges: list[EdgeOut]
    consignments: list[ConsignmentOut]


@router.get("", responses=problems(BadCursor))
def list_lots(
    session: ReadSession,
    stage: Stage | None = None,
    crop: str = "",
    text: str = "",
    is_open: Annotated[bool | None, Query(alias="open")] = None,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = PAGE_SIZE,
) -> LotsOut:
    """List lots, newest first."""
    wanted = Wanted(stage or "", crop, text, is_open)
    found = page_of(session, wanted, after=after, limit=limit)
    return LotsOut(lots=[LotOut.of(row) for row in found.rows], after=found.after)


@router.get("/{lot}")
def get_lot(lot: LotToRead, session: ReadSession) -> LotOut:
    """Return the one lot that the text names."""
    return LotOut.of(rows_of(session, [lot])[0])


@router.get("/{lot}/acts")
def list_acts(lot: LotToRead, session: ReadSession) -> Acts:
    """Return everything done with the lot, oldest first, voided acts included."""
    return Acts(acts=[ActOut.of(session, act) for act in of_lot(session, lot)])


class LotConditionsOut(ConditionsOut):
    """What the lot itself lived through; `stages` goes back through all it was made from."""

    stages: list[StageOut]


@router.get("/{lot}/conditions")
def lived_through(lot: LotToRead, session: ReadSession, web: InWeb) -> LotConditionsOut:
    """Return what the lot lived through, whole and stage by stage, gaps said aloud."""
    now = web.now()
    spans = conditions.spans_of(session, [lot], now=now)
    crop = session.get(Crop, lot.crop_id) if lot.crop_id and lot.stage == "growing" else None
    base_c = crop.degree_day_base_c if crop else None
    stages = by_stage.of_lot(session, lot, now=now)
    own = [one for one in stages if one.is_growing == (lot.stage == "growing")]
    lived = by_stage.against(lot_conditions.lived_through(session, lot, spans, base_c=base_c), own)
    told = ConditionsOut.of(lived).model_dump()
    return LotConditionsOut(**told, stages=[StageOut.of(one) for one in stages])


@router.get("/{lot}/trace")
def trace(
    lot: LotToRead, session: ReadSession, direction: Literal["back", "forward", "both"] = "both"
) -> list[TraceOut]:
    """Follow the lot back to its seeds and forward to its recipients, with amounts."""
    asked: Sequence[Literal["back", "forward"]] = (
        ("back", "forward") if direction == "both" else (direction,)
    )
    return [traced(session, genealogy.trace(session, lot, way)) for way in asked]


def traced(session: Session, found: genealogy.Trace) -> TraceOut:
    """Return a trace as both HTTP and `minori trace --json` say it."""
    return TraceOut(
        direction=found.direction,
        lots=LotOut.all(session, found.lots),
        edges=[_edge(edge) for edge in found.edges],
        consignments=[
            ConsignmentOut(
                lot_id=sent.lot.id,
                lot=sent.lot.code,
                party=sent.party.code,
                at=sent.at,
                amount=AmountOut.of(sent.amount),
                from_start_g=grams,
                act_id=sent.act_id,
            )
            for sent, grams in _with_grams(session, found)
        ],
    )


def _with_grams(
    session: Session, found: genealogy.Trace
) -> list[tuple[genealogy.Consignment, int | None]]:
    if found.direction == "back":
        # What was sent of an ancestor need not have come through this lot.
        return [(sent, None) for sent in found.consignments]
    return [(one.sent, one.from_start_g) for one in shares.received(session, found)]


def _edge(edge: genealogy.Edge) -> EdgeOut:
    return EdgeOut(
        source_id=edge.source.id,
        source=edge.source.code,
        target_id=edge.target.id,
        target=edge.target.code,
        kind=edge.kind,
        at=edge.at,
        amount=AmountOut.of(edge.amount),
        depth=edge.depth,
        tank=edge.tank,
    )
