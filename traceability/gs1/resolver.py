"""A GS1-conformant resolver: from an identity to the link its reader asked for. Pure.

Whoever serves HTTP hands in how to find what is recorded for one identity, and gets back what to
answer. More specific levels answer first: serial, lot, variant, item. A lot code printed once
resolves for ever: a link that ended is skipped, an identity that was withdrawn says so (410).

Sources: GS1-Conformant Resolver Standard 1.1; RFC 9264 (link sets); RFC 8288 (Link header).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from traceability.gs1.identity import LOT, SERIAL, VARIANT, Identity
from traceability.gs1.link import CANONICAL_STEM, DigitalLink, escape
from traceability.gs1.negotiation import asks_for, language_fit, type_fit

VOCABULARY = "https://ref.gs1.org/voc/"
# Addresses the vocabulary has had; all of them still stand in software and on web pages.
_OLD_VOCABULARIES = ("https://gs1.org/voc/", "https://www.gs1.org/voc/", "http://gs1.org/voc/")
DEFAULT_LINK = VOCABULARY + "defaultLink"
DEFAULT_LINK_MULTI = VOCABULARY + "defaultLinkMulti"
LINKSET_TYPE = "application/linkset+json"
LINKSET_TYPES = (LINKSET_TYPE, "application/json")
WHOLE_LINKSET = frozenset({"all", "linkset"})
# What is left of an item's qualifiers, level by level; keys with others have one level above.
_COARSER = ((LOT, SERIAL), (SERIAL, "235"), (VARIANT, LOT), (LOT,), (VARIANT,), ())
# Ours to read; everything else in a query is passed on to where the link leads.
_OWN_PARAMETERS = frozenset({"linktype", "context"})


@dataclass(frozen=True, slots=True)
class Link:
    """One link of an identity.

    Attributes:
        relation: what it leads to, a full URI such as https://ref.gs1.org/voc/traceability.
        default: where a reader goes who asks for nothing else.
        media_type, languages, contexts: for whom it is; empty means for everybody.
        starts, ends: when it may be given, aware UTC, half-open; None means no bound.
        forward_query: whether the query of the request is passed on.
    """

    relation: str
    href: str
    title: str
    media_type: str | None = None
    languages: tuple[str, ...] = ()
    contexts: tuple[str, ...] = ()
    default: bool = False
    starts: datetime | None = None
    ends: datetime | None = None
    forward_query: bool = True

    def given_at(self, now: datetime) -> bool:
        return (self.starts is None or self.starts <= now) and (
            self.ends is None or now < self.ends
        )


@dataclass(frozen=True, slots=True)
class Record:
    """What is recorded for one identity.

    Attributes:
        anchor: the identity's canonical link.
        description: of the item or lot, in words.
        links: in the order they were entered; of equals the first one wins.
        withdrawn: it existed and answers no more.
    """

    anchor: str
    description: str
    links: tuple[Link, ...] = ()
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request says beside the identity."""

    query: str = ""
    accept: str = "*/*"
    accept_language: str = ""

    @property
    def link_type(self) -> str | None:
        return self._parameter("linktype")

    @property
    def context(self) -> str | None:
        return self._parameter("context")

    @property
    def forwarded(self) -> str:
        """The query without what is ours to read."""
        pairs = parse_qsl(self.query, keep_blank_values=True)
        return urlencode([pair for pair in pairs if pair[0].lower() not in _OWN_PARAMETERS])

    def _parameter(self, name: str) -> str | None:
        found = [value for key, value in parse_qsl(self.query) if key.lower() == name]
        return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Answer:
    """What to answer: 307 with a location, 200 with a link set, 404 with a reason, 410 with the
    anchor of what was withdrawn. `records` are those of a link set, for whoever words it anew."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    reason: str | None = None
    records: Sequence[Record] = ()

    @property
    def location(self) -> str | None:
        return self.headers.get("Location")


Find = Callable[[str], Record | None]


def resolve(identity: Identity, asked: Asked, find: Find, *, now: datetime) -> Answer:
    """Return the answer to a request for an identity.

    Args:
        find: the record of one canonical link, or None.
        now: aware UTC; links are given between their start and end.
    """
    records = [record for anchor in levels(identity) if (record := find(anchor)) is not None]
    if not records:
        return Answer(404, reason=f"nothing is recorded for {identity.canonical}")
    if records[0].withdrawn:
        return Answer(410, reason=records[0].anchor)
    records = [record for record in records if not record.withdrawn]
    link_type = asked.link_type
    asks_for_set = link_type is None and asks_for(asked.accept, LINKSET_TYPES)
    if asks_for_set or (link_type or "").lower() in WHOLE_LINKSET:
        # Titles are in the reader's language, and a browser may be given a page instead.
        vary = {"Vary": "Accept, Accept-Language"}
        headers = {"Content-Type": LINKSET_TYPE, "Link": link_header(records), **vary}
        return Answer(200, headers, link_set(records, now=now), records=records)
    chosen = _chosen(records, asked, relation_of(link_type) if link_type else None, now)
    if chosen is None:
        return Answer(404, reason=_nothing_of_that_type(records, link_type, now))
    headers = {
        "Location": _with_query(chosen, asked.forwarded),
        "Link": link_header(records),
        # A browser's choice of language must not be kept for the next reader.
        "Vary": "Accept, Accept-Language",
    }
    return Answer(307, headers)


def levels(identity: Identity) -> list[str]:
    """Return the canonical links under which something may be recorded, most specific first.

    A lot code is unique for its item, so a lot is looked up without its variant too.
    """
    if identity.canonical is None:
        return []
    if identity.syntax == "own":
        return _levels_of_own(identity)
    key, *qualifiers = DigitalLink.parse(identity.canonical).path
    path = dict(qualifiers)
    found = [[pair for pair in qualifiers if pair[0] in kept] for kept in (path, *_COARSER)]
    return list(dict.fromkeys(_anchor([key, *kept]) for kept in found))


def link_set(records: Sequence[Record], *, now: datetime) -> dict[str, Any]:
    """Return the link set of RFC 9264 in GS1's profile: one entry a level, most specific first."""
    return {"linkset": [_entry(record, now) for record in records]}


def link_header(records: Sequence[Record]) -> str:
    """Return the Link header: where the link set of the most specific record is.

    The links themselves stay in the set: standard 1.0 gave up repeating them in the header.
    """
    return f'<{records[0].anchor}?linkType=linkset>; rel="linkset"; type="{LINKSET_TYPE}"'


def relation_of(link_type: str) -> str:
    """Return the full URI of a link type: `gs1:pip`, a full URI of any age, or the bare word.

    >>> relation_of("gs1:traceability"), relation_of("pip")
    ('https://ref.gs1.org/voc/traceability', 'https://ref.gs1.org/voc/pip')
    """
    if ":" not in link_type:
        return VOCABULARY + link_type
    if link_type.startswith("gs1:"):
        return VOCABULARY + link_type.removeprefix("gs1:")
    for old in _OLD_VOCABULARIES:
        if link_type.startswith(old):
            return VOCABULARY + link_type.removeprefix(old)
    return link_type


def description(*, name: str, root: str) -> dict[str, Any]:
    """Return what `/.well-known/gs1resolver` says of this resolver.

    Args:
        name: of the farm or hub.
        root: the address beneath which it resolves.
    """
    return {
        "name": name,
        "resolverRoot": root.rstrip("/"),
        "supportedPrimaryKeys": ["all"],
        "supportedLinkType": [{"namespace": VOCABULARY, "prefix": "gs1:"}],
        "linkTypeDefaultCanBeLinkset": False,
        "supportsSemicolonAsDelimiter": False,
        "validatesAILogic": True,
    }


def _levels_of_own(identity: Identity) -> list[str]:
    canonical = identity.canonical
    assert canonical is not None
    found = [canonical]
    if identity.serial is not None and identity.lot is not None:
        found.append(canonical.removesuffix(f"/{SERIAL}/{escape(identity.serial)}"))
    if identity.item is not None and identity.lot is not None:
        found.append(identity.item)
    return list(dict.fromkeys(found))


def _anchor(path: Sequence[tuple[str, str]]) -> str:
    return CANONICAL_STEM + "".join(f"/{ai}/{escape(value)}" for ai, value in path)


def _chosen(
    records: Sequence[Record], asked: Asked, relation: str | None, now: datetime
) -> Link | None:
    """Return the best link of the first level that has any."""
    for record in records:
        links = [link for link in record.links if link.given_at(now)]
        if relation is None or relation == DEFAULT_LINK:
            links = [link for link in links if link.default]
        else:
            links = [link for link in links if link.relation == relation]
        if links:
            return max(links, key=lambda link: _fit(link, asked))
    return None


def _fit(link: Link, asked: Asked) -> tuple[float, float, float]:
    """Weigh a link for a reader: place first, since a law of elsewhere helps nobody."""
    context = asked.context
    if context is None:
        place = 0.0 if link.contexts else 0.5
    else:
        place = 1.0 if context in link.contexts else (0.5 if not link.contexts else 0.0)
    language = language_fit(asked.accept_language, link.languages)
    return place, type_fit(asked.accept, link.media_type), language


def _entry(record: Record, now: datetime) -> dict[str, Any]:
    entry: dict[str, Any] = {"anchor": record.anchor, "itemDescription": record.description}
    links = [link for link in record.links if link.given_at(now)]
    defaults = [link for link in links if link.default]
    if defaults:
        entry[DEFAULT_LINK] = [_target(defaults[0])]
    if len(defaults) > 1:
        entry[DEFAULT_LINK_MULTI] = [_target(link) for link in defaults]
    for link in links:
        if link.relation not in (DEFAULT_LINK, DEFAULT_LINK_MULTI):
            entry.setdefault(link.relation, []).append(_target(link))
    return entry


def _target(link: Link) -> dict[str, Any]:
    target: dict[str, Any] = {"href": link.href, "title": link.title}
    if link.media_type:
        target["type"] = link.media_type
    if link.languages:
        target["hreflang"] = list(link.languages)
    if link.contexts:
        target["context"] = list(link.contexts)
    if not link.forward_query:
        target["fwqs"] = False
    return target


def _with_query(link: Link, query: str) -> str:
    if not query or not link.forward_query:
        return link.href
    address, mark, fragment = link.href.partition("#")
    return address + ("&" if "?" in address else "?") + query + mark + fragment


def _nothing_of_that_type(records: Sequence[Record], link_type: str | None, now: datetime) -> str:
    known = dict.fromkeys(
        link.relation for record in records for link in record.links if link.given_at(now)
    )
    had = ", ".join(known) if known else "no link at all"
    return f"no link of type {link_type or 'defaultLink'} here; there is {had}"
