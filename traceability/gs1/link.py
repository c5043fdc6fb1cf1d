"""GS1 Digital Link URIs: read, write, and bring to one form.

    https://shop.example/p/01/04012345111118/10/A%2F1?17=270200
    ───────── stem ─────── ───── path of AIs ──────── ─ query ─

Source: GS1 Digital Link Standard: URI Syntax 1.2 and later.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote

from traceability.gs1 import dictionary
from traceability.gs1.checkdigits import GTIN_LENGTHS
from traceability.gs1.dictionary import AI
from traceability.gs1.elements import Element, Parsed, bad_value, fault_in
from traceability.gs1.errors import BadElement, BadLink, Gs1Error
from traceability.gs1.options import STRICT, Options

CANONICAL_STEM = "https://id.gs1.org"

# Deprecated names of AIs in links; read on request, never written.
CONVENIENCE_ALPHAS = {
    "cpid": "8010", "cpsn": "8011", "cpv": "22", "gcn": "255", "gdti": "253", "giai": "8004",
    "ginc": "401", "gln": "414", "glnx": "254", "gmn": "8013", "grai": "8003", "gsin": "402",
    "gsrn": "8018", "gsrnp": "8017", "gtin": "01", "itip": "8006", "lot": "10", "party": "417",
    "refno": "8020", "ser": "21", "srin": "8019", "sscc": "00",
}  # fmt: skip

_NOT_IN_A_URI = re.compile(r"[^A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]")
_START = re.compile(r"(?:https?|HTTPS?)://")
_NOT_IN_A_HOST = re.compile(r"[^A-Za-z0-9\-.:\[\]]")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
# The finest level of each key that the event hash of CBV 2.0 keeps, everything above left out.
_FINEST = {"01": ("21", "235", "10"), "8006": ("21", "10"), "8010": ("8011",), "414": ("254",)}


@dataclass(frozen=True, slots=True)
class DigitalLink:
    """A link that was read or made, checked.

    Attributes:
        stem: everything before the first AI, without a slash at its end.
        path: primary key, then qualifiers, as (AI, value).
        attributes: AIs of the query, in the order they came.
        elements: path and attributes with their positions in the text they were read from.
        others: parameters of the query that are not GS1's, as they came.
    """

    stem: str
    path: tuple[tuple[str, str], ...]
    attributes: tuple[tuple[str, str], ...]
    elements: tuple[Element, ...]
    others: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str, *, options: Options = STRICT) -> "DigitalLink":
        """Read a link.

        Raises:
            BadLink: the text is no link, or its AIs stand where they may not.
            BadElement: a value breaks its AI's rules.
        """
        path_from, path_to, query_to = _frame(text)
        steps = _path_steps(text, path_from, path_to, options)
        asked = _query_steps(text, path_to + 1, query_to)
        path = [_element(ai, raw, at, options, plus_is_space=False) for ai, raw, at in steps]
        query = [_attribute(name, raw, at, options) for name, raw, at in asked]
        _check_structure(path, query, options)
        stem_to = steps[0][2] - len("/") - _written_ai_length(text, steps[0][2]) - len("/")
        others = tuple(_others(text[path_to + 1 : query_to]))
        return cls(text[:stem_to], _pairs(path), _pairs(query), (*path, *query), others)

    @classmethod
    def build(
        cls, elements: Iterable[tuple[str, str] | Element], *, stem: str = CANONICAL_STEM
    ) -> "DigitalLink":
        """Make the link of these elements: the first primary key, as many qualifiers as fit.

        Raises:
            BadLink: no primary key among them, or an AI that has no place in a link.
            BadElement: a value breaks its AI's rules.
        """
        given = list(dict.fromkeys((ai, value) for ai, value, *_ in elements))
        path = _longest_path(given)
        attributes = [pair for pair in given if pair not in path]
        known = [Element(*pair) for pair in (*path, *attributes)]
        for element in known:
            ai = _known_ai(element.ai, None, STRICT)
            fault = fault_in(ai, element.value)
            if fault is not None:
                raise bad_value(ai, element.value, fault, None)
        _check_structure(known[: len(path)], known[len(path) :], STRICT)
        return cls(stem.rstrip("/"), tuple(path), tuple(_fixed_first(attributes)), tuple(known))

    @property
    def uri(self) -> str:
        """The link under its own stem, query included."""
        return self.under(self.stem)

    @property
    def canonical(self) -> str:
        """The one spelling of what this link identifies: id.gs1.org, no query.

        Two links with one canonical form are about one thing; the attributes in a query only
        describe it.
        """
        return CANONICAL_STEM + _written_path(self.path)

    @property
    def canonical_with_attributes(self) -> str:
        """The canonical form of the Digital Link standard: id.gs1.org, AIs of the query sorted."""
        return self.canonical + _written_query(sorted(self.attributes))

    @property
    def finest(self) -> str:
        """The form event hashes use: no query, and with a serial no lot.

        Source: CBV 2.0, section 8.9 "constrained" identifiers.
        """
        key, *qualifiers = self.path
        asked = _FINEST.get(key[0], ())
        found = [pair for name in asked for pair in qualifiers if pair[0] == name]
        return CANONICAL_STEM + _written_path([key, *found[:1]])

    def under(self, stem: str) -> str:
        """Return this link under another address, for example a farm's own hub."""
        query = _written_query(self.attributes)
        return stem.rstrip("/") + _written_path(self.path) + query

    def get(self, ai: str) -> str | None:
        """Return the value of an AI in path or query, or None."""
        return next((element.value for element in self.elements if element.ai == ai), None)


def salvage(text: str, *, options: Options = STRICT) -> Parsed:
    """Return each element of a broken link that is right by itself, and every other's error.

    Raises:
        BadLink: it has no elements to speak of.
    """
    path_from, path_to, query_to = _frame(text)
    reads: list[Callable[[], Element]] = [
        partial(_element, ai, raw, at, options, plus_is_space=False)
        for ai, raw, at in _path_steps(text, path_from, path_to, options)
    ]
    reads += [
        partial(_attribute, name, raw, at, options)
        for name, raw, at in _query_steps(text, path_to + 1, query_to)
    ]
    elements: list[Element] = []
    errors: list[Gs1Error] = []
    for read in reads:
        try:
            elements.append(read())
        except Gs1Error as error:
            errors.append(error)
    return Parsed(tuple(elements), tuple(errors))


def escape(value: str) -> str:
    """Percent-escape everything but the unreserved characters of RFC 3986.

    >>> escape("A/1!(x)")
    'A%2F1%21%28x%29'
    """
    return quote(value, safe="-._~")


def unescape(text: str, *, plus_is_space: bool = False) -> str:
    """Undo percent-escapes; one that is damaged stays as it is, for the linter to name.

    Values of AIs are ASCII, so each byte is one character (Latin-1): nothing is decoded away
    before it can be refused. In a query `+` is a space (`plus_is_space`), in a path a plus.
    """
    if plus_is_space:
        text = text.replace("+", " ")
    if "%" not in text:
        return text
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)


def looks_like_link(text: str) -> bool:
    return _START.match(text) is not None


def _frame(text: str) -> tuple[int, int, int]:
    """Return where path and query start and end: (path start, path end, query end)."""
    bad = _NOT_IN_A_URI.search(text)
    if bad is not None:
        raise BadLink(
            "a web address may not hold {got!r}",
            hint="write it as {escaped}",
            code="uri_contains_illegal_characters",
            position=bad.start(),
            got=bad[0],
            escaped=escape(bad[0]),
        )
    start = _START.match(text)
    if start is None:
        raise BadLink(
            "a link starts with https:// or http://, got {got!r}",
            hint="the scheme is all lower or all upper case",
            code="uri_contains_illegal_scheme",
            position=0,
            got=text[:8],
        )
    path_from = _after_host(text, start.end())
    end = text.find("#", path_from)
    end = len(text) if end < 0 else end
    path_to = text.find("?", path_from, end)
    return path_from, end if path_to < 0 else path_to, end


def _after_host(text: str, host_from: int) -> int:
    """Return where the path starts: at the first slash behind a host that may be one."""
    path_from = text.find("/", host_from)
    host = text[host_from : path_from if path_from >= 0 else len(text)]
    bad = _NOT_IN_A_HOST.search(host)
    if bad is not None:
        raise BadLink(
            "a host may not hold {got!r}",
            hint="check the part before the first single slash",
            code="domain_contains_illegal_characters",
            position=host_from + bad.start(),
            got=bad[0],
        )
    if not host or path_from < 0:
        raise BadLink(
            "no host and path after the scheme",
            hint="a link looks like https://id.gs1.org/01/<GTIN>/10/<lot>",
            code="uri_missing_domain_and_path_info",
            position=host_from,
        )
    return path_from


def _path_steps(
    text: str, path_from: int, path_to: int, options: Options
) -> list[tuple[AI, str, int]]:
    """Return (AI, escaped value, position of the value) from the primary key on.

    Pairs are looked at from the end backwards, so that anything may stand before the key.
    """
    segments = text[path_from + 1 : path_to].split("/")
    found: list[tuple[AI, str, int]] = []
    at = path_to
    while len(segments) >= 2:
        value, name = segments.pop(), segments.pop()
        at -= len(value)
        ai = _path_ai(name, options)
        if ai is None:
            break
        found.append((ai, value, at))
        if ai.paths is not None:
            return found[::-1]
        at -= len(name) + len("//")
    raise BadLink(
        "no GS1 key in the path",
        hint="a link needs a primary key such as /01/<GTIN>; its own qualifiers follow it in pairs",
        code="no_gs1_dl_keys_found_in_path_info",
        position=path_from,
    )


def _path_ai(name: str, options: Options) -> AI | None:
    if options.permit_convenience_alphas:
        name = CONVENIENCE_ALPHAS.get(name, name)
    return dictionary.find(name, permit_unknown=options.permit_unknown_ais)


def _query_steps(text: str, start: int, end: int) -> Iterator[tuple[str, str, int]]:
    """Yield (name, escaped value, position of the name) of each parameter that claims an AI."""
    at = start
    for parameter in text[start:end].split("&"):
        if _names_an_ai(parameter):
            name, _, value = parameter.partition("=")
            yield name, value, at
        at += len(parameter) + 1


def _others(query: str) -> Iterator[str]:
    return (part for part in query.split("&") if part and not _names_an_ai(part))


def _names_an_ai(parameter: str) -> bool:
    """Return whether a parameter claims to be GS1's: a number, with a value."""
    name, equals, _ = parameter.partition("=")
    return bool(equals) and name.isascii() and name.isdigit()


def _known_ai(code: str, position: int | None, options: Options) -> AI:
    ai = dictionary.find(code, permit_unknown=options.permit_unknown_ais)
    if ai is None:
        raise BadLink(
            "({ai}) is no AI that GS1 has allocated",
            hint="give parameters of your own a name that is not a number",
            code="unknown_ai",
            ai=code,
            position=position,
        )
    return ai


def _attribute(name: str, raw: str, at: int, options: Options) -> Element:
    ai = _known_ai(name, at, options)
    return _element(ai, raw, at + len(name) + 1, options, plus_is_space=True)


def _element(ai: AI, raw: str, at: int, options: Options, *, plus_is_space: bool) -> Element:
    value = unescape(raw, plus_is_space=plus_is_space)
    short_gtin = ai.code == "01" and len(value) in GTIN_LENGTHS
    if short_gtin and options.permit_zero_suppressed_gtin:
        value = value.zfill(14)
    fault = fault_in(ai, value)
    if fault is None:
        return Element(ai.code, value, at)
    error = bad_value(ai, value, fault, at + _escapes_before(raw, fault.start))
    if short_gtin and len(value) < 14:
        raise BadElement(
            "a GTIN in a link has 14 digits, got {got!r}",
            hint="write {padded}; PermitZeroSuppressedGTINinDLuris reads the old form",
            code=error.code,
            ai=ai.code,
            position=error.position,
            got=value,
            padded=value.zfill(14),
        )
    raise error


def _check_structure(path: Sequence[Element], query: Sequence[Element], options: Options) -> None:
    key, *qualifiers = [element.ai for element in path]
    allowed = dictionary.qualifier_paths(key)
    if tuple(qualifiers) not in allowed:
        raise BadLink(
            "{qualifiers} may not follow the key in this order",
            hint="after ({ai}) come, in this order: {orders}",
            code="invalid_key_qualifier_sequence",
            ai=key,
            position=path[0].position,
            qualifiers=", ".join(qualifiers),
            orders=_orders(key),
        )
    seen: set[str] = set()
    for element in (*path, *query):
        if element.ai in seen:
            raise BadLink(
                "came twice",
                hint="a link says each thing once",
                code="duplicate_ai",
                ai=element.ai,
                position=element.position,
            )
        seen.add(element.ai)
    for element in query:
        _check_attribute(element, qualifiers, allowed, options)


def _check_attribute(
    element: Element,
    qualifiers: Sequence[str],
    allowed: frozenset[tuple[str, ...]],
    options: Options,
) -> None:
    ai = dictionary.find(element.ai, permit_unknown=options.permit_unknown_ais)
    if ai is None or not (ai.in_query or (not ai.known and not options.unknown_ai_not_dl_attr)):
        raise BadLink(
            "may not stand in the query of a link",
            hint="print it in a barcode of AIs instead",
            code="ai_is_not_valid_data_attribute",
            ai=element.ai,
            position=element.position,
        )
    for place in range(len(qualifiers) + 1):
        if (*qualifiers[:place], element.ai, *qualifiers[place:]) in allowed:
            raise BadLink(
                "belongs in the path, not in the query",
                hint="write /{ai}/{escaped} after the key",
                code="ai_should_be_in_path_info",
                ai=element.ai,
                position=element.position,
                escaped=escape(element.value),
            )


def _longest_path(given: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    key = next((pair for pair in given if dictionary.is_primary_key(pair[0])), None)
    if key is None:
        raise BadLink(
            "no primary key among the AIs {ais}",
            hint="a link needs one, such as (01) GTIN or (00) SSCC",
            code="no_primary_key",
            ais=", ".join(ai for ai, _ in given),
        )
    values = dict(given)
    fitting = [p for p in dictionary.qualifier_paths(key[0]) if all(ai in values for ai in p)]
    # Longest first; among equals the order of AIs decides, so that one input makes one link.
    best = min(fitting, key=lambda path: (-len(path), path))
    return [key, *((ai, values[ai]) for ai in best)]


def _fixed_first(attributes: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Order attributes as element strings are: predefined lengths first, else as given."""
    return sorted(attributes, key=lambda pair: not _known_ai(pair[0], None, STRICT).predefined)


def _pairs(elements: Iterable[Element]) -> tuple[tuple[str, str], ...]:
    return tuple((element.ai, element.value) for element in elements)


def _written_path(path: Iterable[tuple[str, str]]) -> str:
    return "".join(f"/{ai}/{escape(value)}" for ai, value in path)


def _written_query(attributes: Sequence[tuple[str, str]]) -> str:
    parameters = "&".join(f"{ai}={escape(value)}" for ai, value in attributes)
    return f"?{parameters}" if parameters else ""


def _written_ai_length(text: str, value_at: int) -> int:
    """Return how long the AI, or its deprecated name, before a value in the path is."""
    return value_at - 1 - (text.rindex("/", 0, value_at - 1) + 1)


def _escapes_before(raw: str, offset: int) -> int:
    """Return how much further right character `offset` stands in the raw value, for its escapes."""
    at = 0
    for _ in range(offset):
        at += 3 if _ESCAPE.match(raw, at) else 1
    return at - offset


def _orders(key: str) -> str:
    paths = dictionary.table()[key].paths or ()
    return " or ".join(", ".join(path) for path in paths) or "no qualifiers"
