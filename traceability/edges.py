"""Who may send to this hub: an edge shows a one-time code once, its own credential ever after.

A credential is 256 random bits, so a plain hash of it is enough; a code is 60 bits, lives minutes
and can be tried a few times only. Revoking an edge stops that edge, at once, and nobody else.
"""

import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from traceability.errors import (
    EdgeTaken,
    EnrolmentForOther,
    EnrolmentRefused,
    FarmTaken,
    NotFound,
    Phrase,
    SiteTaken,
)
from traceability.models import (
    Edge,
    EdgeCode,
    EdgeRefusal,
    EdgeSite,
    EdgeStream,
    Organisation,
    Site,
)

CODE_VALID = timedelta(minutes=15)
# Crockford's base 32: no I, L, O or U to be misread.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, "ー": None, " ": None})
_LENGTH, _GROUP = 12, 4


@dataclass(frozen=True, slots=True)
class Sender:
    """An edge with what is here of its newest database."""

    edge: Edge
    stream: EdgeStream | None
    refused: int


def new_code(
    session: Session,
    *,
    now: datetime,
    organisation: str | None = None,
    site: str | None = None,
    renews: str | None = None,
    valid: timedelta = CODE_VALID,
) -> str:
    """Return a one-time code that lets one edge in; the caller commits.

    Args:
        organisation, site: The codes it is for; without, the edge says which it is, and a farm or
            site that is here already is refused.
        renews: Name of the edge that gets a new credential by it, or None for a new edge.

    Raises:
        NotFound: no edge is called `renews`.
    """
    edge = find(session, renews) if renews else None
    text = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    session.add(
        EdgeCode(
            code_hash=_hash(text),
            organisation=edge.organisation if edge else organisation,
            site=edge.site if edge else site,
            edge_id=edge.id if edge else None,
            made_at=now,
            expires_at=now + valid,
        )
    )
    session.flush()
    return "-".join(text[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP))


def enrol(
    session: Session, code: str, *, organisation: str, site: str, now: datetime
) -> tuple[Edge, str]:
    """Exchange a code for a credential: the edge and what it shows from now on.

    Raises:
        EnrolmentRefused: the code is wrong, used, too old, or for another site.
        EdgeTaken, FarmTaken, SiteTaken: that name is here, and the code was not made for it.
    """
    known = _used(session, code, now)
    for what, asked, allowed in (
        ("organisation", organisation, known.organisation),
        ("site", site, known.site),
    ):
        if allowed is not None and asked != allowed:
            raise EnrolmentForOther(what=what, allowed=allowed, asked=asked)
    edge = _edge(session, known, organisation, site, now)
    credential = rotate(session, edge)
    session.flush()
    _adopt(session, known, edge)
    return edge, credential


def holder(session: Session, credential: str) -> Edge | None:
    """Return whose credential that is, revoked or not; None for nobody's."""
    edge_id, _, secret = credential.partition(".")
    edge = session.get(Edge, edge_id)
    if edge is None or not secret:
        return None
    said = _hash(secret)
    if hmac.compare_digest(said, edge.credential_hash):
        return edge
    following = edge.next_credential_hash
    return edge if following and hmac.compare_digest(said, following) else None


def seen(session: Session, edge: Edge, credential: str, now: datetime) -> None:
    """Note that an edge was here; a new credential, once used, ends the old one."""
    if edge.next_credential_hash == _hash(credential.partition(".")[2]):
        edge.credential_hash, edge.next_credential_hash = edge.next_credential_hash, None
    edge.last_seen_at = now
    session.add(edge)


def rotate(session: Session, edge: Edge) -> str:
    """Return a new credential of an edge; the old one counts until this one is first used."""
    secret = secrets.token_urlsafe(32)
    edge.next_credential_hash = _hash(secret)
    session.add(edge)
    return f"{edge.id}.{secret}"


def revoke(session: Session, name: str, now: datetime) -> Edge:
    """Let an edge in no more; what it sent stays. The caller commits.

    Raises:
        NotFound: no edge is called that.
    """
    edge = find(session, name)
    edge.revoked_at = edge.revoked_at or now
    session.add(edge)
    return edge


def find(session: Session, name: str) -> Edge:
    """Return an edge by its name, `organisation/site`.

    Raises:
        NotFound: there is none; says which there are.
    """
    edge = session.exec(select(Edge).where(Edge.name == name)).first()
    if edge is None:
        names = ", ".join(session.exec(select(Edge.name).order_by(Edge.name)).all())
        raise NotFound(
            what="edge",
            name=name,
            next_step=Phrase("known are: {known}", known=names or "none yet"),
        )
    return edge


def listed(session: Session) -> list[Sender]:
    """Return every edge by name, with what is here of the database it last sent from."""
    newest: dict[str, EdgeStream] = {}
    for stream in session.exec(select(EdgeStream).order_by(col(EdgeStream.last_at))):
        newest[stream.edge_id] = stream
    refused = dict(_refused(session))
    return [
        Sender(edge, newest.get(edge.id), refused.get(edge.id, 0))
        for edge in session.exec(select(Edge).order_by(Edge.name))
    ]


def refusals(session: Session, edge: Edge) -> Sequence[EdgeRefusal]:
    """Return what was refused of an edge and is still not here, oldest first."""
    query = select(EdgeRefusal).where(EdgeRefusal.edge_id == edge.id)
    return session.exec(
        query.order_by(col(EdgeRefusal.refused_at), col(EdgeRefusal.sequence))
    ).all()


def _refused(session: Session) -> Sequence[tuple[str, int]]:
    query = select(EdgeRefusal.edge_id, func.count()).group_by(EdgeRefusal.edge_id)
    return session.exec(query).all()


def _used(session: Session, code: str, now: datetime) -> EdgeCode:
    """Use a code up: of two who show it at the same time, one gets in."""
    # NFKC: what a Japanese keyboard types in full width.
    said = _hash(unicodedata.normalize("NFKC", code).upper().translate(_MISREAD))
    found = session.get(EdgeCode, said)
    if found is None:
        raise EnrolmentRefused(because="it is not known here")
    once = update(EdgeCode).where(col(EdgeCode.code_hash) == said, col(EdgeCode.used_at).is_(None))
    if session.execute(once.values(used_at=now)).rowcount == 0:  # type: ignore[attr-defined]
        raise EnrolmentRefused(because="it was used before")
    if found.expires_at <= now:
        raise EnrolmentRefused(because="it is too old")
    return found


def _edge(session: Session, code: EdgeCode, organisation: str, site: str, now: datetime) -> Edge:
    """Return the edge to let in: the one that is renewed, or a new one of a name that is free."""
    if code.edge_id is not None:
        edge = session.get_one(Edge, code.edge_id)
    else:
        edge = _new_edge(session, code, organisation, site, now)
    if code.edge_id is None or edge.revoked_at is not None:
        # What was revoked never counts again. Else the old credential counts until the new one is
        # first used: the answer that carries it may be lost on its way.
        edge.credential_hash = ""
    edge.enrolled_at, edge.revoked_at = now, None
    return edge


def _new_edge(
    session: Session, code: EdgeCode, organisation: str, site: str, now: datetime
) -> Edge:
    name = f"{organisation}/{site}"
    edge = session.exec(select(Edge).where(Edge.name == name)).first()
    if edge is not None and _has_sent(session, edge):
        raise EdgeTaken(name=name)
    if code.organisation is None and _is_here(session, organisation):
        raise FarmTaken(organisation=organisation)
    if code.site is None and _site(session, organisation, site) is not None:
        raise SiteTaken(name=name)
    # One that never sent anything lost its answer while enrolling: its name is still free.
    return edge or Edge(
        name=name, organisation=organisation, site=site, credential_hash="", enrolled_at=now
    )


def _adopt(session: Session, code: EdgeCode, edge: Edge) -> None:
    """Let the edge speak for a site that is here already, if the code was made for that site."""
    if code.site is None:
        return
    site = _site(session, edge.organisation, code.site)
    if site is not None and session.get(EdgeSite, site.id) is None:
        session.add(EdgeSite(site_id=site.id, edge_id=edge.id))
        session.flush()


def _is_here(session: Session, organisation: str) -> bool:
    found = session.exec(select(Organisation.id).where(Organisation.code == organisation)).first()
    return found is not None


def _site(session: Session, organisation: str, code: str) -> Site | None:
    query = select(Site).join(Organisation, col(Organisation.id) == col(Site.organisation_id))
    return session.exec(query.where(Organisation.code == organisation, Site.code == code)).first()


def _has_sent(session: Session, edge: Edge) -> bool:
    found = session.exec(select(EdgeStream).where(EdgeStream.edge_id == edge.id)).first()
    return found is not None


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
