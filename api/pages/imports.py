"""A table sent in from the page: first what would come of it, then, if that is wanted, taken in.

Between the two the file waits in the form itself: nothing of a table that nobody confirmed is kept
on the server.
"""

import base64
import binascii
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request, UploadFile
from fastapi.responses import Response
from sqlmodel import Session

from api import sheetfile, words
from api.deps import InWeb, SignedIn, one_site, owner
from api.errors import ApiError, FileUnreadable
from api.incoming import KINDS, Outcome, take_in, template
from api.incoming.columns import columns
from api.incoming.taking import kept
from api.incoming.writing import Sender
from api.language import reader_of
from api.problems import sentence, status_of
from api.sheetfile import Encoding
from api.sheetfile import Form as FileForm
from api.templating import page
from traceability.database import writing_session
from traceability.errors import TraceabilityError

router = APIRouter(include_in_schema=False)

Kind = Literal["crops", "products", "partners", "places", "lots"]
# What a page shows of a long list; the command lists all.
MOST = 200


@router.get("/import")
def ask(request: Request, kind: Kind = "products") -> Response:
    return _page(request, kind)


@router.get("/import/{kind}.{ending}")
def download(
    kind: Kind, ending: Literal["xlsx", "csv"], request: Request, encoding: Encoding = "utf-8"
) -> Response:
    """An empty table with heads in the reader's language."""
    made = template(reader_of(request), kind, FileForm(ending, encoding=encoding))
    return sheetfile.answer(made, kind)


@router.post("/import")
def check(
    request: Request,
    web: InWeb,
    viewer: SignedIn,
    kind: Annotated[Kind, Form()],
    file: UploadFile | None = None,
    content: Annotated[str, Form()] = "",
    is_confirmed: Annotated[bool, Form()] = False,
) -> Response:
    """Say what would come of a file; once confirmed, take it in."""
    try:
        sent = _sent(file, content)
        with writing_session(web.engine) as session:
            outcome = _taken(request, session, viewer.name, kind, sent, is_confirmed=is_confirmed)
    except (ApiError, TraceabilityError) as error:
        said = sentence(reader_of(request), error)
        return _page(request, kind, problem=said, status=int(status_of(type(error))))
    # A list of problems is no answer to "take it in", though the page says more than a sentence.
    status = 422 if outcome.problems and is_confirmed else 200
    encoded = base64.b64encode(sent).decode() if not outcome.is_kept else ""
    return _page(request, kind, outcome=outcome, content=encoded, status=status)


def _sent(file: UploadFile | None, content: str) -> bytes:
    if content:
        try:
            return base64.b64decode(content, validate=True)
        except binascii.Error as error:
            raise FileUnreadable(because="it came damaged", next_step="choose it again") from error
    sent = file.file.read() if file else b""
    if not sent:
        raise FileUnreadable(because="no file was chosen, or it is empty", next_step="choose one")
    return sent


def _taken(
    request: Request, session: Session, name: str, kind: str, sent: bytes, *, is_confirmed: bool
) -> Outcome:
    sender = Sender(
        session, owner(session), one_site(session), name or "somebody here", reader_of(request)
    )
    return kept(session, take_in(sender, kind, sent), dry_run=not is_confirmed)


def _page(
    request: Request,
    kind: str,
    *,
    outcome: Outcome | None = None,
    content: str = "",
    problem: str = "",
    status: int = 200,
) -> Response:
    facts: dict[str, Any] = {
        "kind": kind,
        "kinds": words.import_kinds(reader_of(request)),
        "titles": {one.key: one.title for one in columns(reader_of(request), kind)},
        "outcome": outcome,
        "content": content,
        "problem": problem,
        "most": MOST,
    }
    assert set(facts["kinds"]) == set(KINDS)
    return page(request, "import.html", status=status, **facts)
