"""Where codes lead beside Minori's own pages: links of a product, lot, case or place."""

from datetime import datetime
from typing import Self

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, Field
from sqlmodel import Session

from api.auth import Viewer
from api.context import Web
from api.deps import InWeb, OwnerToRead, ReadSession, SignedIn, WriteSession, hubs, owner
from api.problems import problems
from api.v1.shapes import Body
from traceability import links
from traceability.errors import AmbiguousLot, BadValue, NotFound
from traceability.gs1 import Gs1Error
from traceability.gs1.linktypes import short_of
from traceability.identified import path_named
from traceability.links import Entered, Saying, SetLink, Wanted

router = APIRouter(
    prefix="/api/v1/links",
    tags=["links"],
    responses=problems(NotFound, BadValue, AmbiguousLot, Gs1Error),
)


class Of(Body):
    of: str = Field(description="a product, lot, case or place: by code, number, link or scan")
    why: str = ""


class Set(Of):
    type: str = Field(description="a link type of the GS1 Web Vocabulary: pip, recipeInfo, ...")
    target: str = Field(description="an http(s) address anybody can open")
    title: str = ""
    language: str = Field("", description="of the target, as in ja or en-GB; empty: for everybody")
    media_type: str = ""
    context: str = Field("", description="such as a country; asked for with ?context=")
    default: bool = Field(False, description="where a reader goes who asks for nothing else")
    with_lots: bool = Field(False, description="of a product's default: its lots lead there too")
    starts: AwareDatetime | None = None
    ends: AwareDatetime | None = None
    replaces: str | None = Field(None, description="id of the link it replaces")
    beside: bool = Field(False, description="replaces none: several of a type stand together")

    def wanted(self) -> Wanted:
        return Wanted(
            relation=self.type,
            href=self.target,
            title=self.title,
            language=self.language,
            media_type=self.media_type,
            context=self.context,
            is_default=self.default,
            with_lots=self.with_lots,
            starts=self.starts,
            ends=self.ends,
        )


class End(Of):
    link: str = Field(description="the link's id, or the end of it")
    at: AwareDatetime | None = Field(None, description="left out: now")


class LinkOut(BaseModel):
    """A link as it was said last; `given` is whether a reader is led there now."""

    id: str
    type: str
    target: str
    title: str
    language: str
    media_type: str
    context: str
    default: bool
    with_lots: bool
    starts: datetime | None
    ends: datetime | None
    given: bool
    said_at: datetime
    said_by: str
    why: str

    @classmethod
    def of(cls, link: SetLink, *, now: datetime) -> Self:
        said, given = link.newest, link.at(now)
        return cls(
            id=link.id,
            type=short_of(said.relation),
            target=said.href,
            title=said.title,
            language=said.language,
            media_type=said.media_type,
            context=said.context,
            default=said.is_default,
            with_lots=said.with_lots,
            starts=said.starts,
            ends=link.ends,
            given=given is not None,
            said_at=said.said_at,
            said_by=said.said_by,
            why=said.reason,
        )


class WithdrawnOut(BaseModel):
    since: datetime
    by: str
    why: str


class LinksOut(BaseModel):
    """The links of one identity, by the path that is printed."""

    identity: str
    withdrawn: WithdrawnOut | None
    links: list[LinkOut]

    @classmethod
    def of(cls, entered: Entered, *, now: datetime) -> Self:
        gone = entered.withdrawn
        return cls(
            identity=entered.anchor,
            withdrawn=WithdrawnOut(since=gone.said_at, by=gone.said_by, why=gone.reason)
            if gone
            else None,
            links=[LinkOut.of(link, now=now) for link in entered.links],
        )


@router.get("")
def list_links(
    session: ReadSession, farm: OwnerToRead, web: InWeb, of: str | None = None
) -> list[LinksOut]:
    """Return what was set, of one identity or of all, ended links too."""
    found = [path_named(session, of, hubs=hubs(web))] if of else links.anchors(session, farm)
    return [LinksOut.of(links.of_anchor(session, one), now=web.now()) for one in found]


@router.post("", status_code=201)
def set_link(body: Set, session: WriteSession, viewer: SignedIn, web: InWeb) -> LinksOut:
    """Set a link; it replaces the one of the same type for the same readers."""
    anchor = path_named(session, body.of, hubs=hubs(web))
    links.set_link(
        session,
        owner(session, None),
        anchor,
        body.wanted(),
        saying(web, viewer, body.why),
        replaces=body.replaces,
        beside=body.beside,
        hubs=hubs(web),
    )
    return _out(session, web, anchor)


@router.post("/end")
def end_link(body: End, session: WriteSession, viewer: SignedIn, web: InWeb) -> LinksOut:
    """End a link, now or at a time; the code leads where it would without it."""
    anchor = path_named(session, body.of, hubs=hubs(web))
    links.end_link(session, anchor, body.link, saying(web, viewer, body.why), ends=body.at)
    return _out(session, web, anchor)


@router.post("/withdraw")
def withdraw(body: Of, session: WriteSession, viewer: SignedIn, web: InWeb) -> LinksOut:
    """Let a code answer 410, with the reason, on purpose."""
    anchor = path_named(session, body.of, hubs=hubs(web))
    links.withdraw(session, owner(session, None), anchor, saying(web, viewer, body.why))
    return _out(session, web, anchor)


@router.post("/restore")
def restore(body: Of, session: WriteSession, viewer: SignedIn, web: InWeb) -> LinksOut:
    """Let a withdrawn code answer again."""
    anchor = path_named(session, body.of, hubs=hubs(web))
    links.restore(session, owner(session, None), anchor, saying(web, viewer, body.why))
    return _out(session, web, anchor)


def saying(web: Web, viewer: Viewer, why: str) -> Saying:
    return Saying(viewer.name or "somebody here", web.now(), why)


def _out(session: Session, web: Web, anchor: str) -> LinksOut:
    return LinksOut.of(links.of_anchor(session, anchor), now=web.now())
