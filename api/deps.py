"""What a route may ask for: a session to read or write with, who is asking, a lot by its text.

The gate has already decided who may; here is only what a route needs.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated
from urllib.parse import unquote

from fastapi import Depends, Query, Request
from fastapi import Path as InPath
from sqlmodel import Session, select

from api.auth import Viewer
from api.context import Web, web_of
from api.errors import ChooseOwner, SignInNeeded
from api.templating import viewer_in
from traceability.catalogue import find
from traceability.database import reading_session, writing_session
from traceability.errors import BadValue, NotFound, Phrase
from traceability.lookup import one_lot
from traceability.models import Lot, Organisation, Site


def _web(request: Request) -> Web:
    return web_of(request)


InWeb = Annotated[Web, Depends(_web)]


def _read(web: InWeb) -> Iterator[Session]:
    with reading_session(web.engine) as session:
        yield session


def _write(web: InWeb) -> Iterator[Session]:
    with writing_session(web.engine) as session:
        yield session


ReadSession = Annotated[Session, Depends(_read, scope="function")]
# Committed when the route has returned and before its answer goes out: what was answered is kept.
WriteSession = Annotated[Session, Depends(_write, scope="function")]


def _viewer(request: Request) -> Viewer:
    viewer = viewer_in(request)
    if viewer is None:
        raise SignInNeeded
    return viewer


SignedIn = Annotated[Viewer, Depends(_viewer)]


async def _form(request: Request) -> Mapping[str, str]:
    return {name: str(value) for name, value in (await request.form()).items()}


# What a page's form sent, each field once.
FormSaid = Annotated[Mapping[str, str], Depends(_form)]

LotText = Annotated[
    str,
    InPath(
        description="A lot: its id, its code, its GS1 Digital Link, an element string or a scan; "
        "percent-encoded, a slash in it as %2F."
    ),
]


def _lot_to_read(lot: LotText, session: ReadSession, web: InWeb) -> Lot:
    return one_lot(session, unquote(lot), hubs=hubs(web))


LotToRead = Annotated[Lot, Depends(_lot_to_read, scope="function")]


def hubs(web: Web) -> tuple[str, ...]:
    return (web.settings.public_url,) if web.settings.public_url else ()


def _owner_to_read(session: ReadSession, organisation: str | None = Query(None)) -> Organisation:
    return owner(session, organisation)


OwnerToRead = Annotated[Organisation, Depends(_owner_to_read, scope="function")]


def owner(session: Session, code: str | None = None) -> Organisation:
    """Return the farm meant: the only one, or the one named.

    Raises:
        ChooseOwner: several farms share this hub and none was named.
    """
    if code is not None:
        return find(session, Organisation, code)
    rows = session.exec(select(Organisation)).all()
    if not rows:
        raise NotFound(what="farm", name="", next_step="set [site] in minori.toml, then restart")
    if len(rows) > 1:
        raise ChooseOwner(count=len(rows), known=", ".join(sorted(row.code for row in rows)))
    return rows[0]


def one_site(session: Session, code: str | None = None) -> Site:
    """Return the site meant: the only one, or the one named."""
    if code is not None:
        return find(session, Site, code)
    sites = session.exec(select(Site)).all()
    if len(sites) != 1:
        known = ", ".join(sorted(site.code for site in sites)) or "none yet"
        raise BadValue(
            field="site",
            expected="the site's code",
            got="nothing",
            next_step=Phrase("known are: {known}", known=known),
        )
    return sites[0]
