"""Sheets for auditors, authorities and partners: as a workbook, CSV or JSON."""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import AwareDatetime

from api import sheet_kinds, sheetfile
from api.deps import InWeb, OwnerToRead, ReadSession, hubs
from api.errors import NoSuchTable, NotInCp932, SheetNeedsCutLot, SheetTooLong
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


def _asked(
    session: ReadSession,
    web: InWeb,
    farm: OwnerToRead,
    lot: LotNamed = "",
    start: Start = None,
    end: End = None,
) -> Asked:
    found = one_lot(session, lot, hubs=hubs(web)) if lot else None
    return Asked(session, farm, web.now(), found, start, end)


Of = Annotated[Asked, Depends(_asked, scope="function")]


@router.get("/fsma.{kind}")
def fsma(kind: Kind, form: Wanted, of: Of, language: Language = "en") -> Response:
    """The electronic sortable spreadsheet of 21 CFR 1.1455, of a lot, a period or both."""
    return _answered("fsma", of, language, form.of(kind))


@router.get("/jgap.{kind}")
def jgap(kind: Kind, form: Wanted, of: Of, language: Language = "ja") -> Response:
    """JGAP, ASIAGAP: harvests, shipments with the harvests in them, and the mass balance."""
    return _answered("jgap", of, language, form.of(kind))


@router.get("/jas0033.{kind}", responses=problems(SheetNeedsCutLot))
def jas0033(
    kind: Kind,
    form: Wanted,
    of: Of,
    step_min: Annotated[int, Query(ge=1, le=1440, description="of the record [min]")] = 60,
    language: Language = "ja",
) -> Response:
    """JAS 0033: the temperature and time record of a lot from the cut on."""
    asked = replace(of, step=timedelta(minutes=step_min))
    return _answered("jas0033", asked, language, form.of(kind))


def _answered(name: str, asked: Asked, language: str, form: Form) -> Response:
    made = sheet_kinds.tables(name, Reader.of(language), asked)
    return sheetfile.answer(sheetfile.made(made, form), name)
