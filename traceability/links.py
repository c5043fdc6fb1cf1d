"""Links of identities that the farm sets: where a code leads beside Minori's own pages, and when.

What is printed cannot be called back, so nothing here can break a code: a link that ended leaves
the own page, a link that is replaced keeps its history, and only an identity withdrawn on purpose
answers 410, with the reason. Rows are events and are never edited (ADR 0029).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlmodel import Session, col, select

from traceability import recalls
from traceability.errors import BadValue, NotFound, Phrase
from traceability.gs1.link import CANONICAL_STEM
from traceability.gs1.linktypes import checked_relation, title_of
from traceability.identified import OWN, named_by
from traceability.link_targets import checked_target
from traceability.models import LinkEvent, Lot, Organisation
from traceability.site_clock import clock_at
from traceability.texts import LONGEST_NAME, LONGEST_NOTE, refuse_text

_LANGUAGE = re.compile(r"[a-z]{2}(-[A-Z]{2})?")
_MEDIA_TYPE = re.compile(r"\w+/[-+.\w]+")
_CONTEXT = re.compile(r"[A-Za-z0-9_-]{1,40}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A link as somebody wants it.

    Attributes:
        relation: a link type, see `gs1.linktypes`.
        title: None takes the words of the link type.
        language, media_type, context: for whom it is; empty means for everybody.
        is_default: where a reader goes who asks for nothing else; `with_lots`: from lots, too.
        starts, ends: aware UTC, half-open; None means no bound.
    """

    relation: str
    href: str
    title: str = ""
    language: str = ""
    media_type: str = ""
    context: str = ""
    is_default: bool = False
    with_lots: bool = False
    starts: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Saying:
    """Who says it, when and why."""

    by: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SetLink:
    """One link with all that was said of it, oldest first."""

    id: str
    events: Sequence[LinkEvent]

    def at(self, now: datetime) -> LinkEvent | None:
        """Return what holds of it at a time; a version yet to come leaves the one before."""
        current: LinkEvent | None = None
        for event in self.events:
            if event.kind == "end":
                over = event.ends is not None and event.ends <= now
                current = None if over else current
            elif event.starts is None or event.starts <= now:
                current = event
        over = current is not None and current.ends is not None and current.ends <= now
        return None if over else current

    @property
    def newest(self) -> LinkEvent:
        return [event for event in self.events if event.kind == "set"][-1]

    @property
    def ends(self) -> datetime | None:
        """When it is over for good, as said until now."""
        last = self.events[-1]
        return last.ends


@dataclass(frozen=True, slots=True)
class Entered:
    """All that was said of one identity."""

    anchor: str
    links: Sequence[SetLink]
    withdrawn: LinkEvent | None

    def given(self, now: datetime) -> list[LinkEvent]:
        """Return the links that hold at a time, in the order they were first set."""
        return [said for link in self.links if (said := link.at(now)) is not None]


def of_anchor(session: Session, anchor: str) -> Entered:
    """Return what was said of an identity, by its path."""
    query = select(LinkEvent).where(LinkEvent.anchor == anchor)
    events = session.exec(query.order_by(col(LinkEvent.said_at), col(LinkEvent.id))).all()
    by_link: dict[str, list[LinkEvent]] = {}
    withdrawn: LinkEvent | None = None
    for event in events:
        if event.link_id is None:
            withdrawn = event if event.kind == "withdraw" else None
        else:
            by_link.setdefault(event.link_id, []).append(event)
    return Entered(anchor, [SetLink(key, said) for key, said in by_link.items()], withdrawn)


def anchors(session: Session, organisation: Organisation) -> list[str]:
    """Return every identity something was said of, the newest said first."""
    query = select(LinkEvent.anchor).where(LinkEvent.organisation_id == organisation.id)
    found = session.exec(query.order_by(col(LinkEvent.said_at).desc(), col(LinkEvent.id).desc()))
    return list(dict.fromkeys(found))


def set_link(
    session: Session,
    organisation: Organisation,
    anchor: str,
    wanted: Wanted,
    saying: Saying,
    *,
    replaces: str | None = None,
    beside: bool = False,
    hubs: Sequence[str] = (),
) -> LinkEvent:
    """Set a link; it replaces the one of the same type, language, media type and context.

    Args:
        replaces: the link (its id, or the end of it) to replace instead.
        beside: replace none; some types, such as certificates, have several.
        hubs: our own addresses, which a code may not lead back to itself by.

    Raises:
        BadValue: an address, type or date that cannot be; says which.
        NotFound: there is no link to replace.
    """
    said = _checked(anchor, wanted, hubs)
    _refuse_saying(saying)
    entered = of_anchor(session, anchor)
    old = find(entered, replaces) if replaces else _same(entered, said, saying.at)
    old = None if beside else old
    if old is not None and _facts(old.newest) == _facts(said) and old.at(saying.at) is not None:
        return old.newest
    said.organisation_id, said.link_id = organisation.id, old.id if old else said.id
    return _kept(session, said, saying)


def end_link(
    session: Session, anchor: str, link_id: str, saying: Saying, *, ends: datetime | None = None
) -> LinkEvent:
    """End a link, now or at a time; the code leads where it would without it.

    Raises:
        NotFound: no such link.
        BadValue: it is over already.
    """
    _refuse_saying(saying)
    link = find(of_anchor(session, anchor), link_id)
    when = ends or saying.at
    over = link.ends
    if over is not None and over <= saying.at:
        raise BadValue(
            field="link",
            expected="one that is not over",
            got=Phrase(
                "{link_id}, over since {over}",
                link_id=link_id,
                over=clock_at(session, over),
            ),
            next_step="nothing has to be done",
        )
    event = LinkEvent(
        organisation_id=link.newest.organisation_id,
        anchor=anchor,
        kind="end",
        link_id=link.id,
        ends=when,
        said_at=saying.at,
        said_by=saying.by,
    )
    return _kept(session, event, saying)


def withdraw(
    session: Session, organisation: Organisation, anchor: str, saying: Saying
) -> LinkEvent:
    """Let a code answer 410 with the reason, on purpose.

    Raises:
        BadValue: no reason, it is withdrawn already, or its page has to warn of a recall.
    """
    _refuse_saying(saying)
    if not saying.reason.strip():
        raise BadValue(
            field="why", expected="a reason", got="none", next_step="readers are told it: say why"
        )
    if of_anchor(session, anchor).withdrawn is not None:
        raise BadValue(
            field="identity",
            expected="one that still answers",
            got=Phrase("{anchor}, which is withdrawn", anchor=anchor),
            next_step="nothing has to be done",
        )
    named = named_at(session, anchor)
    if isinstance(named, Lot) and recalls.of_lot(session, named.id) is not None:
        raise BadValue(
            field="identity",
            expected="a lot that was not recalled",
            got=named.code,
            next_step="leave it: its page warns whoever has some of it",
        )
    return _identity_event(session, organisation, anchor, "withdraw", saying)


def restore(session: Session, organisation: Organisation, anchor: str, saying: Saying) -> LinkEvent:
    """Let a withdrawn code answer again.

    Raises:
        BadValue: it is not withdrawn.
    """
    _refuse_saying(saying)
    if of_anchor(session, anchor).withdrawn is None:
        raise BadValue(
            field="identity",
            expected="one that is withdrawn",
            got=anchor,
            next_step="nothing has to be done",
        )
    return _identity_event(session, organisation, anchor, "restore", saying)


def find(entered: Entered, link_id: str) -> SetLink:
    """Return the link of that id, or whose id alone ends so.

    Raises:
        NotFound: none, or several.
    """
    found = [link for link in entered.links if link.id.endswith(link_id)] if link_id else []
    if len(found) != 1:
        known = ", ".join(link.id[-8:] for link in entered.links) or "none yet"
        raise NotFound(
            what="link", name=link_id, next_step=Phrase("known are: {known}", known=known)
        )
    return found[0]


def named_at(session: Session, anchor: str) -> object | None:
    """Return the row that a path names, or None."""
    own = not anchor[1:2].isdigit()
    return named_by(session, (OWN if own else CANONICAL_STEM) + anchor, hubs=(OWN,))


def _checked(anchor: str, wanted: Wanted, hubs: Sequence[str]) -> LinkEvent:
    relation = checked_relation(wanted.relation)
    href = checked_target(wanted.href)
    _refuse_itself(anchor, href, hubs)
    _refuse_shape("language", wanted.language, _LANGUAGE, expected="a language such as ja or en-GB")
    _refuse_shape(
        "media type", wanted.media_type, _MEDIA_TYPE, expected="a type such as application/pdf"
    )
    _refuse_shape("context", wanted.context, _CONTEXT, expected="a word such as JP")
    refuse_text("title", wanted.title, LONGEST_NAME)
    if wanted.starts is not None and wanted.ends is not None and wanted.starts >= wanted.ends:
        raise BadValue(
            field="until",
            expected="a time after the first",
            got="one that is not after it",
            next_step="correct one of the two",
        )
    facts = {one.name: getattr(wanted, one.name) for one in fields(wanted)}
    facts |= {"relation": relation, "href": href, "title": wanted.title or title_of(relation)}
    return LinkEvent(anchor=anchor, kind="set", **facts)


def _refuse_itself(anchor: str, href: str, hubs: Sequence[str]) -> None:
    plain = href.partition("?")[0].partition("#")[0].rstrip("/")
    if any(plain == base.rstrip("/") + anchor for base in (*hubs, CANONICAL_STEM)):
        raise BadValue(
            field="target",
            expected="another address than the code's own",
            got=href,
            next_step="leave the link out: without one a code leads to Minori's own page",
        )


def _refuse_shape(field: str, text: str, shape: re.Pattern[str], *, expected: str) -> None:
    if text and not shape.fullmatch(text):
        raise BadValue(field=field, expected=expected, got=repr(text), next_step="correct it")


def _refuse_saying(saying: Saying) -> None:
    refuse_text("by", saying.by, LONGEST_NAME)
    refuse_text("why", saying.reason, LONGEST_NOTE)


def _same(entered: Entered, said: LinkEvent, now: datetime) -> SetLink | None:
    """The link there is of the same kind for the same readers, that is not over."""

    def readers(event: LinkEvent) -> tuple[str, ...]:
        return event.relation, event.language, event.media_type, event.context

    for link in entered.links:
        is_over = link.ends is not None and link.ends <= now
        if readers(link.newest) == readers(said) and not is_over:
            return link
    return None


def _facts(event: LinkEvent) -> dict[str, object]:
    return {one.name: getattr(event, one.name) for one in fields(Wanted)}


def _identity_event(
    session: Session, organisation: Organisation, anchor: str, kind: str, saying: Saying
) -> LinkEvent:
    event = LinkEvent(
        organisation_id=organisation.id,
        anchor=anchor,
        kind=kind,
        said_at=saying.at,
        said_by=saying.by,
    )
    return _kept(session, event, saying)


def _kept(session: Session, event: LinkEvent, saying: Saying) -> LinkEvent:
    event.said_at, event.said_by, event.reason = saying.at, saying.by, saying.reason
    session.add(event)
    session.flush()
    return event
