"""Shapes of answers that several routes share. Times are UTC, weights whole grams."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StrictInt
from sqlmodel import Session

from api.lotlist import LotRow, rows_of
from traceability.acts import lines, made
from traceability.amounts import Amount
from traceability.models import Act
from traceability.models.base import HasId

Code = Annotated[str, Field(min_length=1, max_length=64)]


class Body(BaseModel):
    """A request body: a field it does not know is an error, never ignored."""

    model_config = ConfigDict(extra="forbid")


class AmountIn(Body):
    pieces: Annotated[StrictInt, Field(ge=0)] | None = None
    weight_g: Annotated[StrictInt, Field(ge=0, description="whole grams")] | None = None

    def amount(self) -> Amount:
        return Amount(self.pieces, self.weight_g)


class AmountOut(BaseModel):
    pieces: int | None
    weight_g: int | None

    @classmethod
    def of(cls, amount: Amount) -> Self:
        return cls(pieces=amount.pieces, weight_g=amount.weight_g)


class LotOut(BaseModel):
    """A lot; `pieces` and `weight_g` are what is left of it now."""

    id: str
    code: str
    scope: str
    stage: str
    crop: str | None
    material: str | None
    item: str | None
    gtin: str | None
    site: str
    zone: str | None
    pieces: int | None
    weight_g: int | None
    packed_on: date | None
    best_before: date | None
    opened_at: datetime
    closed_at: datetime | None
    held_since: datetime | None
    hold_reason: str

    @classmethod
    def of(cls, row: LotRow) -> Self:
        lot = row.lot
        return cls(
            id=lot.id,
            code=lot.code,
            scope=lot.scope,
            stage=lot.stage,
            crop=row.crop.code if row.crop else None,
            material=row.material.code if row.material else None,
            item=row.item.code if row.item else None,
            gtin=row.item.gtin if row.item else None,
            site=row.site.code,
            zone=row.zone.code if row.zone else None,
            pieces=lot.pieces,
            weight_g=lot.weight_g,
            packed_on=lot.packed_on,
            best_before=lot.best_before,
            opened_at=lot.opened_at,
            closed_at=lot.closed_at,
            held_since=lot.held_since,
            hold_reason=lot.hold_reason,
        )

    @classmethod
    def all(cls, session: Session, lots: Sequence[HasId]) -> list[Self]:
        return [cls.of(row) for row in rows_of(session, lots)] if lots else []


class ActOut(BaseModel):
    """An act with the lots it took from, made, and touched."""

    id: str
    kind: str
    happened_at: datetime
    offset_minutes: int
    recorded_at: datetime
    performer: str
    recorder: str
    note: str
    voids: str | None
    digest: str
    inputs: list["LineOut"]
    outputs: list["LineOut"]
    subjects: list["LineOut"]

    @classmethod
    def of(cls, session: Session, act: Act) -> Self:
        return cls(
            id=act.id,
            kind=act.kind,
            happened_at=act.happened_at,
            offset_minutes=act.offset_minutes,
            recorded_at=act.recorded_at,
            performer=act.performer,
            recorder=act.recorder,
            note=act.note,
            voids=act.voids_id,
            digest=act.digest,
            inputs=LineOut.all(session, act, "input"),
            outputs=LineOut.all(session, act, "output"),
            subjects=LineOut.all(session, act, "subject"),
        )


class LineOut(BaseModel):
    lot_id: str
    lot: str
    pieces: int | None
    weight_g: int | None

    @classmethod
    def all(cls, session: Session, act: Act, role: str) -> list[Self]:
        return [
            cls(lot_id=lot.id, lot=lot.code, pieces=amount.pieces, weight_g=amount.weight_g)
            for lot, amount in lines(session, act, role)
        ]


class Recorded(BaseModel):
    """What an act came to: the act itself and the lots it brought into being."""

    act: ActOut
    made: list[LotOut]

    @classmethod
    def of(cls, session: Session, act: Act) -> Self:
        return cls(act=ActOut.of(session, act), made=LotOut.all(session, made(session, act)))
