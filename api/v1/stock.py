"""Acts that change a stock beside making and shipping it; as `api.v1.acts`, one route an act."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field, StrictInt

from api.deps import InWeb, SignedIn, WriteSession
from api.problems import problems
from api.v1.acts import (
    ALWAYS,
    ActBody,
    LotAct,
    LotName,
    Place,
    amount_said,
    lot_named,
    zone_named,
)
from api.v1.shapes import AmountIn, Code, Recorded
from traceability import holds, rework, stock, supplies
from traceability.catalogue import find
from traceability.errors import LotCodeTaken, LotHeld, MassAppears, NotEnough
from traceability.models import Material, Party, Site, TradeItem

router = APIRouter(prefix="/api/v1/acts", tags=["acts"], responses=problems(*ALWAYS, LotHeld))

Reason = Annotated[str, Field(min_length=1)]
Some = Annotated[AmountIn | None, Field(description="left out: the whole lot")]


class Lots(ActBody):
    lots: Annotated[list[LotName], Field(min_length=1)]
    reason: Reason


class Sample(LotAct):
    amount: AmountIn
    purpose: Reason


class Count(LotAct):
    counted: AmountIn
    why: str = ""


class Return(Place):
    from_party: Code
    amount: AmountIn
    reason: Reason


class Rework(Place):
    amount: Some = None
    weight_g: Annotated[StrictInt, Field(gt=0, description="what of it is good")]
    code: str
    reason: Reason


class Relabel(LotAct):
    item: Code
    code: str
    amount: Some = None
    reason: Reason


class ReceiveSupply(ActBody):
    site: Code
    zone: Code
    material: Code
    code: str
    amount: AmountIn
    from_party: Code


class Use(LotAct):
    amount: Some = None
    site: Code | None = None
    zone: Code | None = Field(None, description="all that grows there; or the tank it went into")
    lots: list[LotName] = Field(default_factory=list)


@router.post("/hold", status_code=201)
def hold(body: Lots, session: WriteSession, viewer: SignedIn, web: InWeb) -> Recorded:
    """Stop lots: nothing of them goes out or into others until they are released."""
    found = [lot_named(session, web, name) for name in body.lots]
    act = holds.hold(session, body.occasion(viewer), lots=found, reason=body.reason)
    return Recorded.of(session, act)


@router.post("/release", status_code=201)
def release(body: Lots, session: WriteSession, viewer: SignedIn, web: InWeb) -> Recorded:
    """Let lots on hold go again."""
    found = [lot_named(session, web, name) for name in body.lots]
    act = holds.release(session, body.occasion(viewer), lots=found, reason=body.reason)
    return Recorded.of(session, act)


@router.post("/sample", status_code=201, responses=problems(NotEnough))
def sample(body: Sample, session: WriteSession, viewer: SignedIn, web: InWeb) -> Recorded:
    """Take an amount away for a test."""
    act = stock.sample(
        session,
        body.occasion(viewer),
        lot=lot_named(session, web, body.lot),
        amount=body.amount.amount(),
        purpose=body.purpose,
    )
    return Recorded.of(session, act)


@router.post("/count", status_code=201)
def count(body: Count, session: WriteSession, viewer: SignedIn, web: InWeb) -> Recorded:
    """Say what a lot really holds; the difference to what was believed is kept as the error."""
    act = stock.count(
        session,
        body.occasion(viewer),
        lot=lot_named(session, web, body.lot),
        counted=body.counted.amount(),
        why=body.why,
    )
    return Recorded.of(session, act)


@router.post("/return", status_code=201, responses=problems(NotEnough))
def give_back(body: Return, session: WriteSession, viewer: SignedIn, web: InWeb) -> Recorded:
    """Take back what a partner was sent; it keeps its code."""
    act = stock.give_back(
        session,
        body.occasion(viewer),
        lot=lot_named(session, web, body.lot),
        from_party=find(session, Party, body.from_party),
        amount=body.amount.amount(),
        zone=zone_named(session, body.site, body.zone),
        reason=body.reason,
    )
    return Recorded.of(session, act)


@router.post("/rework", status_code=201, responses=problems(LotCodeTaken, MassAppears, NotEnough))
def rework_packs(body: Rework, session: WriteSession, viewer: SignedIn, web: InWeb) -> Recorded:
    """Open packs, or sort a harvest again; what is good is a harvested lot."""
    act = rework.rework(
        session,
        body.occasion(viewer),
        lot=lot_named(session, web, body.lot),
        amount=amount_said(body.amount),
        weight_g=body.weight_g,
        code=body.code,
        zone=zone_named(session, body.site, body.zone),
        reason=body.reason,
    )
    return Recorded.of(session, act)


@router.post("/relabel", status_code=201, responses=problems(LotCodeTaken, NotEnough))
def relabel(body: Relabel, session: WriteSession, viewer: SignedIn, web: InWeb) -> Recorded:
    """Give packs another label: another item of the same content, another code."""
    act = rework.relabel(
        session,
        body.occasion(viewer),
        lot=lot_named(session, web, body.lot),
        item=find(session, TradeItem, body.item),
        code=body.code,
        amount=amount_said(body.amount),
        reason=body.reason,
    )
    return Recorded.of(session, act)


@router.post("/receive-supply", status_code=201, responses=problems(LotCodeTaken))
def receive_supply(body: ReceiveSupply, session: WriteSession, viewer: SignedIn) -> Recorded:
    """Take in a supplier's lot of a material, under the code on the sack."""
    act = supplies.receive_supply(
        session,
        body.occasion(viewer),
        zone=zone_named(session, body.site, body.zone),
        material=find(session, Material, body.material),
        code=body.code,
        amount=body.amount.amount(),
        from_party=find(session, Party, body.from_party),
    )
    return Recorded.of(session, act)


@router.post("/use", status_code=201, responses=problems(NotEnough))
def use(body: Use, session: WriteSession, viewer: SignedIn, web: InWeb) -> Recorded:
    """Use a supply on growing lots, on all that grow in a zone, or put it into a tank."""
    supply = lot_named(session, web, body.lot)
    site = body.site or session.get_one(Site, supply.site_id).code
    act = supplies.use(
        session,
        body.occasion(viewer),
        supply=supply,
        amount=amount_said(body.amount),
        zone=zone_named(session, site, body.zone) if body.zone else None,
        lots=[lot_named(session, web, name) for name in body.lots],
    )
    return Recorded.of(session, act)
