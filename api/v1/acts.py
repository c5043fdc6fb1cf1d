"""One route an act. The same `act_id` with the same body is a harmless repeat; with another body
it is refused, so that a phone that was offline may send as often as it likes."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import AwareDatetime, Field, StrictInt
from sqlmodel import Session, select

from api.auth import Viewer
from api.context import Web
from api.deps import InWeb, SignedIn, WriteSession, hubs
from api.problems import problems
from api.v1.shapes import AmountIn, Body, Code, Recorded
from traceability import lots, staging, voiding
from traceability.amounts import Amount
from traceability.catalogue import find
from traceability.errors import (
    ActConflict,
    AmbiguousLot,
    BadValue,
    CannotVoid,
    HeavierThanPhysics,
    LotCodeTaken,
    MassAppears,
    MassNotConserved,
    NotEnough,
    NotFound,
    OutOfOrder,
    UnknownLot,
    WrongStage,
)
from traceability.lookup import one_lot
from traceability.models import Act, Crop, Lot, Party, Site, TradeItem, Zone
from traceability.models.base import new_id
from traceability.occasions import Document, Occasion

ALWAYS = (ActConflict, AmbiguousLot, BadValue, NotFound, OutOfOrder, UnknownLot, WrongStage)
router = APIRouter(prefix="/api/v1/acts", tags=["acts"], responses=problems(*ALWAYS))

LotName = Annotated[str, Field(description="id, code, GS1 Digital Link, element string or scan")]


class Paper(Body):
    """A paper that goes with the act: its type, such as delivery note, and its number."""

    type: str
    number: str


class ActBody(Body):
    at: AwareDatetime
    by: str = Field("", description="who did it; empty: who is signed in")
    note: str = ""
    document: Paper | None = None
    act_id: str | None = Field(
        None, min_length=8, max_length=64, description="made where it happened (UUIDv7)"
    )

    def occasion(self, viewer: Viewer) -> Occasion:
        by = self.by or viewer.name or "somebody here"
        paper = Document(self.document.type, self.document.number) if self.document else None
        return Occasion(self.at, by, self.act_id or new_id(), viewer.name, self.note, paper)


class LotAct(ActBody):
    lot: LotName


class LotAmount(AmountIn):
    lot: LotName


class Sow(ActBody):
    site: Code
    zone: Code
    crop: Code
    code: str | None = Field(None, description="left out: the next of the site's pattern")
    pieces: StrictInt
    seeds: list[LotAmount] = Field(default_factory=list)


class Place(LotAct):
    site: Code
    zone: Code


class Stage(LotAct):
    stage: Code


class Transplant(Place):
    lost_pieces: StrictInt = Field(0, ge=0)


class Harvest(Place):
    pieces: StrictInt
    weight_g: StrictInt
    code: str | None = None
    final: bool = Field(False, description="the last harvest: plants not cut are lost")


class Inspect(LotAct):
    measure: Annotated[str, Field(min_length=1, examples=["potassium"])]
    value: float
    unit: Annotated[str, Field(min_length=1, examples=["mg/100 g"])]
    method: str = ""


class Part(AmountIn):
    code: str


class Split(LotAct):
    parts: Annotated[list[Part], Field(min_length=1)]


class Merge(ActBody):
    lots: list[LotName]
    code: str


class PackInput(Body):
    lot: LotName
    weight_g: Annotated[StrictInt, Field(gt=0)]


class Pack(ActBody):
    inputs: Annotated[list[PackInput], Field(min_length=1)]
    item: Code
    code: str | None = Field(None, description="left out: the next of the site's pattern")
    packs: StrictInt
    site: Code
    zone: Code


class Ship(LotAct):
    to: Code
    amount: AmountIn | None = Field(None, description="left out: the whole lot")


class Receive(ActBody):
    site: Code
    zone: Code
    crop: Code
    code: str | None = Field(None, description="only of a supplier who gives none")
    amount: AmountIn
    from_party: Code
    stage: str = "input"
    item: Code | None = None


class Discard(LotAct):
    reason: str
    amount: AmountIn | None = Field(None, description="left out: the whole lot")


class Void(ActBody):
    act: str = Field(description="the id of the act to take back")


@router.post("/sow", status_code=201, responses=problems(LotCodeTaken, NotEnough))
def sow(body: Sow, session: WriteSession, viewer: SignedIn, web: InWeb) -> Recorded:
    """Start a growing lot of so many plants."""
    seeds = [(lot_named(session, web, seed.lot), seed.amount()) for seed in body.seeds]
    act = lots.sow(
        session,
        body.occasion(viewer),
        zone=zone_named(session, body.site, body.zone),
        crop=find(session, Crop, body.crop),
        code=body.code,
        pieces=body.pieces,
        seeds=seeds,
    )
    return Recorded.of(session, act)


@router.post("/transplant", status_code=201, responses=problems(NotEnough))
def transplant(body: Transplant, session: WriteSession, viewer: SignedIn, web: InWeb) -> Recorded:
    """Move plants to another zone, or the same; some may not have made it."""
    act = lots.transplant(
        session,
        body.occasion(viewer),
        lot=lot_named(session, web, body.lot),
        zone=zone_named(session, body.site, body.zone),
        lost_pieces=body.lost_pieces,
    )
    return Recorded.of(session, act)


@router.post("/stage", status_code=201)
def stage(body: Stage, session: WriteSession, viewer: SignedIn, web: InWeb) -> Recorded:
    """Say which stage of its recipe a growing lot is in, where acts and days do not."""
    lot = lot_named(session, web, body.lot)
    act = staging.set_stage(session, body.occasion(viewer), lot=lot, stage=body.stage)
    return Recorded.of(session, act)


@router.post("/move", status_code=201)
def move(body: Place, session: WriteSession, viewer: SignedIn, web: InWeb) -> Recorded:
    """Put a whole lot into another zone; a part is a split first."""
    zone = zone_named(session, body.site, body.zone)
    lot = lot_named(session, web, body.lot)
    return Recorded.of(session, lots.move(session, body.occasion(viewer), lot=lot, zone=zone))


@router.post(
    "/harvest",
    status_code=201,
    responses=problems(HeavierThanPhysics, LotCodeTaken, NotEnough),
)
def harvest(body: Harvest, session: WriteSession, viewer: SignedIn, web: InWeb) -> Recorded:
    """Cut so many heads weighing so much; what they become is a new lot."""
    act = lots.harvest(
        session,
        body.occasion(viewer),
        lot=lot_named(session, web, body.lot),
        pieces=body.pieces,
        weight_g=body.weight_g,
        zone=zone_named(session, body.site, body.zone),
        code=body.code,
        final=body.final,
    )
    return Recorded.of(session, act)


@router.post("/inspect", status_code=201)
def inspect(body: Inspect, session: WriteSession, viewer: SignedIn, web: InWeb) -> Recorded:
    """Note a measured property, such as potassium in mg/100 g."""
    act = lots.inspect(
        session,
        body.occasion(viewer),
        lot=lot_named(session, web, body.lot),
        measure=body.measure,
        value=body.value,
        unit=body.unit,
        method=body.method,
    )
    return Recorded.of(session, act)


@router.post("/split", status_code=201, responses=problems(LotCodeTaken, MassNotConserved))
def split(body: Split, session: WriteSession, viewer: SignedIn, web: InWeb) -> Recorded:
    """Divide a lot; the parts must add up to it."""
    parts = [(part.code, part.amount()) for part in body.parts]
    lot = lot_named(session, web, body.lot)
    return Recorded.of(session, lots.split(session, body.occasion(viewer), lot=lot, parts=parts))


@router.post("/merge", status_code=201, responses=problems(LotCodeTaken))
def merge(body: Merge, session: WriteSession, viewer: SignedIn, web: InWeb) -> Recorded:
    """Put whole lots of one kind together under a new code."""
    together = [lot_named(session, web, name) for name in body.lots]
    act = lots.merge(session, body.occasion(viewer), lots=together, code=body.code)
    return Recorded.of(session, act)


@router.post("/pack", status_code=201, responses=problems(LotCodeTaken, MassAppears, NotEnough))
def pack(body: Pack, session: WriteSession, viewer: SignedIn, web: InWeb) -> Recorded:
    """Pack harvested grams into packs of a trade item; what is left over is trimming loss."""
    act = lots.pack(
        session,
        body.occasion(viewer),
        inputs=[(lot_named(session, web, one.lot), one.weight_g) for one in body.inputs],
        item=find(session, TradeItem, body.item),
        code=body.code,
        packs=body.packs,
        zone=zone_named(session, body.site, body.zone),
    )
    return Recorded.of(session, act)


@router.post("/ship", status_code=201, responses=problems(NotEnough))
def ship(body: Ship, session: WriteSession, viewer: SignedIn, web: InWeb) -> Recorded:
    """Send a lot, or an amount of it, to a partner."""
    lot = lot_named(session, web, body.lot)
    to = find(session, Party, body.to)
    act = lots.ship(session, body.occasion(viewer), lot=lot, to=to, amount=amount_said(body.amount))
    return Recorded.of(session, act)


@router.post("/receive", status_code=201, responses=problems(LotCodeTaken))
def receive(body: Receive, session: WriteSession, viewer: SignedIn) -> Recorded:
    """Take in a lot that came from somebody else: seed, or produce."""
    act = lots.receive(
        session,
        body.occasion(viewer),
        zone=zone_named(session, body.site, body.zone),
        crop=find(session, Crop, body.crop),
        code=body.code,
        amount=body.amount.amount(),
        from_party=find(session, Party, body.from_party),
        stage=body.stage,
        item=find(session, TradeItem, body.item) if body.item else None,
    )
    return Recorded.of(session, act)


@router.post("/discard", status_code=201, responses=problems(NotEnough))
def discard(body: Discard, session: WriteSession, viewer: SignedIn, web: InWeb) -> Recorded:
    """Throw away a lot, or an amount of it, and say why."""
    act = lots.discard(
        session,
        body.occasion(viewer),
        lot=lot_named(session, web, body.lot),
        reason=body.reason,
        amount=amount_said(body.amount),
    )
    return Recorded.of(session, act)


@router.post("/void", status_code=201, responses=problems(CannotVoid))
def void(body: Void, session: WriteSession, viewer: SignedIn) -> Recorded:
    """Take back an act recorded by mistake; both stay readable."""
    act = one_act(session, body.act)
    return Recorded.of(session, voiding.void(session, body.occasion(viewer), act=act))


def one_act(session: Session, act_id: str) -> Act:
    act = session.exec(select(Act).where(Act.id == act_id)).first()
    if act is None:
        raise NotFound(what="act", name=act_id, next_step="take the id from the lot's history")
    return act


def lot_named(session: Session, web: Web, text: str) -> Lot:
    return one_lot(session, text, hubs=hubs(web))


def zone_named(session: Session, site: str, zone: str) -> Zone:
    return find(session, Zone, zone, site_id=find(session, Site, site).id)


def amount_said(amount: AmountIn | None) -> Amount | None:
    return amount.amount() if amount else None
