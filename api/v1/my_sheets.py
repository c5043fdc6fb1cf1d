"""What the partner who asks received, and the sheets of it."""

from datetime import datetime
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel
from sqlmodel import Session

from api import sheet_kinds, sheetfile
from api.auth import Viewer
from api.deps import InWeb, ReadSession, SignedIn, hubs
from api.errors import NoSuchTable, NotAllowed, NotInCp932, SheetNeedsCutLot, SheetTooLong
from api.i18n import Reader
from api.problems import problems
from api.sheet_kinds import Asked
from api.sheetfile import Kind
from api.v1.sheets import End, Language, LotNamed, Start, Wanted
from traceability import received
from traceability.errors import AmbiguousLot, UnknownLot
from traceability.models import Organisation, Party
from traceability.received import Received

router = APIRouter(
    prefix="/api/v1/my/sheets",
    tags=["sheets"],
    responses=problems(
        *(AmbiguousLot, NoSuchTable, NotAllowed, NotInCp932, SheetNeedsCutLot, SheetTooLong),
        UnknownLot,
    ),
)


class ReceivedOut(BaseModel):
    lot: str
    lot_id: str
    gtin: str | None
    item: str | None
    shipped_at: datetime
    pieces: int | None
    weight_g: int | None

    @classmethod
    def of(cls, one: Received) -> Self:
        return cls(
            lot=one.lot.code,
            lot_id=one.lot.id,
            gtin=one.item.gtin if one.item else None,
            item=one.item.code if one.item else None,
            shipped_at=one.act.happened_at,
            pieces=one.amount.pieces,
            weight_g=one.amount.weight_g,
        )


@router.get("")
def list_received(
    session: ReadSession,
    viewer: SignedIn,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[ReceivedOut]:
    """Return what was shipped to the signed-in partner, newest first."""
    party = _party(session, viewer)
    return [ReceivedOut.of(one) for one in received.newest(session, party, limit=limit)]


@router.get("/{name}.{kind}")
def sheet(
    name: Literal["fsma", "jgap", "jas0033"],
    kind: Kind,
    session: ReadSession,
    viewer: SignedIn,
    web: InWeb,
    form: Wanted,
    lot: LotNamed = "",
    start: Start = None,
    end: End = None,
    language: Language = "en",
) -> Response:
    """A sheet of what the signed-in partner received: of one lot, a period, or both."""
    party = _party(session, viewer)
    farm = session.get_one(Organisation, party.organisation_id)
    named = received.one_lot(session, party, lot, hubs=hubs(web)) if lot else None
    asked = Asked(session, farm, web.now(), named, start, end, party=party)
    made = sheet_kinds.tables(name, Reader.of(language), asked)
    return sheetfile.answer(sheetfile.made(made, form.of(kind)), name)


def _party(session: Session, viewer: Viewer) -> Party:
    if viewer.party_id is None:
        raise NotAllowed(role=viewer.role)
    return session.get_one(Party, viewer.party_id)
