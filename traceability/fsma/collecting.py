"""All rows of a request: a period, a lot with all it came from and went into, or both."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from traceability import genealogy
from traceability.fsma.books import Books
from traceability.fsma.events import KINDS, Event, records_of
from traceability.fsma.records import Record
from traceability.listed import listed
from traceability.models import Act, ActLine, Lot, Organisation, Party, Site
from traceability.projection import unvoided

# Acts read at once, with their lines and lots: a year of them would be gigabytes.
_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for; half-open, None: no bound. Of a lot its whole trace is meant.

    `party` asks itself: only what was shipped to it is answered (21 CFR 1.1340(b) says what an
    immediate recipient is to be told).
    """

    start: datetime | None = None
    end: datetime | None = None
    lot: Lot | None = None
    party: Party | None = None


def collect(session: Session, owner: Organisation, request: Request) -> list[Record]:
    """Return the rows of every critical tracking event, in the order they happened.

    Acts that were taken back are not in it: the answer is what is held to be true now.
    """
    books = Books(session)
    found: list[Record] = []
    for event in events(session, owner, request, KINDS):
        found += records_of(books, event)
    return found


def family(session: Session, lot: Lot) -> frozenset[str]:
    """Return the ids of a lot, of all it came from and all it went into."""
    both = (genealogy.trace(session, lot, way) for way in ("back", "forward"))
    return frozenset(one.id for trace in both for one in trace.lots)


def events(
    session: Session, owner: Organisation, request: Request, kinds: Sequence[str]
) -> Iterator[Event]:
    """Yield the acts of these kinds that touch what was asked for, oldest first."""
    wanted = _wanted(session, request)
    ids = _act_ids(session, owner, request, kinds, wanted)
    for first in range(0, len(ids), _AT_ONCE):
        chunk = ids[first : first + _AT_ONCE]
        acts = session.exec(
            select(Act)
            .where(col(Act.id).in_(listed(chunk)))
            .order_by(col(Act.happened_at), col(Act.sequence))
        ).all()
        lines = _lines(session, chunk)
        for act in acts:
            of_act = lines.get(act.id, [])
            if wanted is None or any(lot.id in wanted for _, lot in of_act):
                yield Event(act, of_act, wanted)


def _wanted(session: Session, request: Request) -> frozenset[str] | None:
    if request.lot is None:
        return None
    return frozenset([request.lot.id]) if request.party else family(session, request.lot)


def _act_ids(
    session: Session,
    owner: Organisation,
    request: Request,
    kinds: Sequence[str],
    wanted: frozenset[str] | None,
) -> list[str]:
    """Return the acts asked for, oldest first; of lots those that touch one of them."""
    query = (
        select(Act.happened_at, Act.sequence, Act.id)
        .join(Site, col(Site.id) == col(Act.site_id))
        .where(Site.organisation_id == owner.id, col(Act.kind).in_(kinds), unvoided(Act.id))
    )
    if request.start is not None:
        query = query.where(Act.happened_at >= request.start)
    if request.end is not None:
        query = query.where(Act.happened_at < request.end)
    if request.party is not None:
        query = query.where(Act.kind == "ship", Act.to_party_id == request.party.id)
    if wanted is not None:
        touching = select(ActLine.act_id).where(col(ActLine.lot_id).in_(listed(sorted(wanted))))
        query = query.where(col(Act.id).in_(touching))
    return [act_id for _at, _sequence, act_id in sorted(session.exec(query))]


def _lines(session: Session, act_ids: Sequence[str]) -> dict[str, list[tuple[ActLine, Lot]]]:
    query = (
        select(ActLine, Lot)
        .join(Lot, col(Lot.id) == col(ActLine.lot_id))
        .where(col(ActLine.act_id).in_(listed(act_ids)))
        .order_by(col(ActLine.id))
    )
    found: dict[str, list[tuple[ActLine, Lot]]] = {}
    for line, lot in session.exec(query):
        found.setdefault(line.act_id, []).append((line, lot))
    return found
