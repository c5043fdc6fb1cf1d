"""Tables taken in: crops, products, partners, places, lots, from CSV or XLSX."""

from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Body, Query
from fastapi.responses import Response
from pydantic import BaseModel

from api import sheetfile
from api.deps import SignedIn, WriteSession, one_site, owner
from api.errors import FileUnreadable, ImportRefused
from api.i18n import Reader
from api.incoming import Outcome, take_in, template
from api.incoming.taking import kept, refuse
from api.incoming.writing import Sender
from api.problems import problems
from api.sheetfile import Encoding, Form

router = APIRouter(prefix="/api/v1/imports", tags=["imports"])

Kind = Literal["crops", "products", "partners", "places", "lots"]
Language = Annotated[Literal["en", "ja"], Query(description="of heads and sentences")]


class ProblemOut(BaseModel):
    row: int
    column: str
    problem: str


class ChangeOut(BaseModel):
    """What a row would change: name -> [was, is]."""

    row: int
    code: str
    is_new: bool
    cells: dict[str, tuple[Any, Any]]


class OutcomeOut(BaseModel):
    """`kept`: it is in the record. Never of a dry run, nor where there is a problem."""

    kind: str
    rows: int
    new: int
    changed: int
    same: int
    kept: bool
    changes: list[ChangeOut]
    problems: list[ProblemOut]

    @classmethod
    def of(cls, found: Outcome) -> Self:
        return cls(
            kind=found.kind,
            rows=found.rows,
            new=len(found.new),
            changed=len(found.changed),
            same=found.same,
            kept=found.is_kept,
            changes=[
                ChangeOut(row=one.row, code=one.code, is_new=one.is_new, cells=dict(one.cells))
                for one in found.changes
            ],
            problems=[
                ProblemOut(row=one.row, column=one.column, problem=one.problem)
                for one in found.problems
            ],
        )


@router.get("/{kind}/template.{ending}")
def get_template(
    kind: Kind,
    ending: Literal["xlsx", "csv"],
    language: Language = "ja",
    encoding: Encoding = "utf-8",
) -> Response:
    """Return an empty table to fill in."""
    made = template(Reader.of(language), kind, Form(ending, encoding=encoding))
    return sheetfile.answer(made, kind)


@router.post("/{kind}", responses=problems(FileUnreadable, ImportRefused))
def send(
    kind: Kind,
    content: Annotated[bytes, Body(media_type="application/octet-stream")],
    session: WriteSession,
    viewer: SignedIn,
    dry_run: bool = True,
    language: Language = "en",
    organisation: str | None = None,
    site: str | None = None,
) -> OutcomeOut:
    """Take a table in, all rows or none; a dry run says what would come of it.

    The body is the file itself: CSV (UTF-8 or Shift_JIS) or XLSX.
    """
    sender = Sender(
        session,
        owner(session, organisation),
        one_site(session, site),
        viewer.name or "somebody here",
        Reader.of(language),
    )
    outcome = kept(session, take_in(sender, kind, content), dry_run=dry_run)
    if not dry_run:
        refuse(outcome)
    return OutcomeOut.of(outcome)
