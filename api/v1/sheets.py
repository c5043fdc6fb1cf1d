"""Sheets for auditors, authorities and partners: as a workbook, CSV or JSON."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import AwareDatetime

from api import sheet_kinds, sheetfile
from api.deps import InWeb, OwnerToRead, ReadSession, hubs
from api.errors import NoSuchTable, NotInCp932, SheetTooLong
from api.i18n import Reader
from api.problems import problems
from api.sheet_kinds import Asked
from api.sheetfile import Encoding, Form, Kind
from traceability.errors import AmbiguousLot, NotFound, UnknownLot
from traceability.lookup import one_lot

router = APIRouter(
    prefix="/api/v1/sheets",
    tags=["sheets"],
    responses=problems(AmbiguousLot, NoSuchTable, NotFound, NotInCp932, SheetTooLong, UnknownLot),
)

Start = Annotated[AwareDatetime | None, Query(description="half-open: from this moment on")]
End = Annotated[AwareDatetime | None, Query(description="half-open: up to this moment")]
LotNamed = Annotated[str, Query(description="a lot by code, link or scan: with its whole trace")]
Language = Annotated[Literal["en", "ja"], Query(description="of heads and words")]


def _form(
    table: Annotated[str, Query(description="of CSV: which table")] = "",
    encoding: Annotated[Encoding, Query(description="of CSV")] = "utf-8",
    replace: Annotated[bool, Query(description="what CP932 lacks becomes 〓")] = False,
) -> Form:
    return Form("csv", table, encoding, replace)


Wanted = Annotated[Form, Depends(_form)]


@router.get("/fsma.{kind}")
def fsma(
    kind: Kind,
    form: Wanted,
    session: ReadSession,
    web: InWeb,
    farm: OwnerToRead,
    lot: LotNamed = "",
    start: Start = None,
    end: End = None,
    language: Language = "en",
) -> Response:
    """The electronic sortable spreadsheet of 21 CFR 1.1455, of a lot, a period or both."""
    found = one_lot(session, lot, hubs=hubs(web)) if lot else None
    asked = Asked(session, farm, web.now(), found, start, end)
    made = sheet_kinds.tables("fsma", Reader.of(language), asked)
    return sheetfile.answer(sheetfile.made(made, form.of(kind)), "fsma")
