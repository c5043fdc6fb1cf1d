"""Cases and pallets: filled, opened, shipped whole, and what is in them."""

from typing import Literal, Self

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlmodel import Session, col, select

from api.deps import InWeb, OwnerToRead, ReadSession, SignedIn, WriteSession
from api.problems import problems
from api.v1.acts import ALWAYS, ActBody, LotAmount, lot_named
from api.v1.shapes import Code, Recorded
from traceability import contents, units
from traceability.catalogue import find
from traceability.contents import Contents
from traceability.errors import InUnits, LotHeld
from traceability.models import LogisticUnit, Party, Site

router = APIRouter(
    prefix="/api/v1/units", tags=["units"], responses=problems(*ALWAYS, InUnits, LotHeld)
)


class Fill(ActBody):
    site: Code
    kind: Literal["case", "pallet"]
    lots: list[LotAmount] = Field(default_factory=list)
    units: list[Code] = Field(default_factory=list, description="cases that go in whole")
    code: Code | None = Field(None, description="left out: the next SSCC of the GS1 prefix")


class Ship(ActBody):
    to: Code


class Held(BaseModel):
    lot_id: str
    lot: str
    pieces: int | None
    weight_g: int | None


class UnitOut(BaseModel):
    code: str
    sscc: str | None
    kind: str
    lots: list[Held]
    units: list[str]

    @classmethod
    def of(cls, unit: LogisticUnit, inside: Contents) -> Self:
        return cls(
            code=unit.code,
            sscc=unit.code if unit.is_sscc else None,
            kind=unit.kind,
            lots=[
                Held(lot_id=lot.id, lot=lot.code, pieces=amount.pieces, weight_g=amount.weight_g)
                for lot, amount in inside.lots
            ],
            units=[one.code for one in inside.units],
        )


class Filled(Recorded):
    unit: UnitOut


@router.get("")
def list_units(session: ReadSession, farm: OwnerToRead, limit: int = 50) -> list[UnitOut]:
    """Return the newest cases and pallets, empty ones too."""
    query = select(LogisticUnit).where(LogisticUnit.organisation_id == farm.id)
    found = session.exec(query.order_by(col(LogisticUnit.made_at).desc()).limit(limit))
    return [UnitOut.of(unit, contents.of_unit(session, unit)) for unit in found]


@router.get("/{unit}")
def get_unit(unit: str, session: ReadSession) -> UnitOut:
    """Return what is in a case or pallet now."""
    found = units.find_unit(session, unit)
    return UnitOut.of(found, contents.of_unit(session, found))


@router.post("", status_code=201)
def fill(body: Fill, session: WriteSession, viewer: SignedIn, web: InWeb) -> Filled:
    """Put packs, or cases, into a new case or pallet."""
    act = units.aggregate(
        session,
        body.occasion(viewer),
        kind=body.kind,
        site=find(session, Site, body.site),
        lots=[(lot_named(session, web, one.lot), one.amount()) for one in body.lots],
        units=[units.find_unit(session, code) for code in body.units],
        code=body.code,
    )
    unit = units.made(session, act.id)
    said = Recorded.of(session, act)
    return Filled(act=said.act, made=said.made, unit=_out(session, unit))


@router.post("/{unit}/open", status_code=201)
def take_out(unit: str, body: ActBody, session: WriteSession, viewer: SignedIn) -> Recorded:
    """Take everything out; smaller units stay packed."""
    found = units.find_unit(session, unit)
    return Recorded.of(session, units.disaggregate(session, body.occasion(viewer), unit=found))


@router.post("/{unit}/ship", status_code=201)
def ship(unit: str, body: Ship, session: WriteSession, viewer: SignedIn) -> Recorded:
    """Send a case or pallet, with all that is in it, to a partner."""
    found, to = units.find_unit(session, unit), find(session, Party, body.to)
    return Recorded.of(session, units.ship_unit(session, body.occasion(viewer), unit=found, to=to))


def _out(session: Session, unit: LogisticUnit) -> UnitOut:
    return UnitOut.of(unit, contents.of_unit(session, unit))
