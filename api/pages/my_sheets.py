"""What a partner received, and the sheets of it: for that partner, and of nothing else."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api import sheet_kinds, sheetfile
from api.deps import InWeb, ReadSession, SignedIn, hubs
from api.errors import NotAllowed
from api.language import reader_of
from api.pages.sheets import period
from api.sheet_kinds import Asked
from api.sheetfile import Encoding, Form, Kind
from api.templating import page
from traceability import received
from traceability.models import Organisation, Party, Site

router = APIRouter(include_in_schema=False)

# A page of shipments; the sheets of a period have all.
_MOST = 200


@router.get("/my/sheets")
def mine(request: Request, session: ReadSession, viewer: SignedIn) -> Response:
    party = session.get(Party, viewer.party_id) if viewer.party_id else None
    found = received.newest(session, party, limit=_MOST) if party else []
    zones = {one.act.site_id: session.get_one(Site, one.act.site_id).time_zone for one in found}
    return page(request, "my_sheets.html", party=party, rows=found, zones=zones)


@router.get("/my/sheets/{name}.{kind}")
def download(
    name: str,
    kind: Kind,
    request: Request,
    session: ReadSession,
    viewer: SignedIn,
    web: InWeb,
    lot: str = "",
    begins: str = "",
    ends: str = "",
    encoding: Encoding = "utf-8",
) -> Response:
    """As of the farm's own sheets: Shift_JIS with 〓 for what it lacks."""
    if viewer.party_id is None:
        raise NotAllowed(role=viewer.role)
    party = session.get_one(Party, viewer.party_id)
    farm = session.get_one(Organisation, party.organisation_id)
    named = received.one_lot(session, party, lot, hubs=hubs(web)) if lot.strip() else None
    start, end = period(session, farm, begins, ends)
    asked = Asked(session, farm, web.now(), named, start, end, party=party)
    tables = sheet_kinds.tables(name, reader_of(request), asked)
    form = Form(kind, encoding=encoding, replace=True)
    return sheetfile.answer(sheetfile.made(tables, form), name)
