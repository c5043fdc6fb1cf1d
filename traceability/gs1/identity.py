"""One identity, whatever it was written as: link, element string, scan, EPC URN, or a lot code.

Inside, a lot is known by its canonical GS1 Digital Link without query. A farm without a GS1 prefix
uses web addresses beneath its own hub wherever a GTIN or GLN may stand:

    https://hub.example/items/lettuce/10/20270112-A     a lot of an item of its own

Such an address is its own canonical form; only what a lot or serial may hold is checked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from traceability.gs1 import dictionary, scan, urn
from traceability.gs1.checkdigits import gtin14
from traceability.gs1.compression import read_link
from traceability.gs1.elements import (
    FNC1,
    WRITTEN_FNC1,
    Element,
    Parsed,
    fault_in,
    parse_bracketed,
    parse_unbracketed,
)
from traceability.gs1.errors import BadLink, BadLotCode, Gs1Error, NotGs1
from traceability.gs1.link import (
    CANONICAL_STEM,
    DigitalLink,
    escape,
    looks_like_link,
    unescape,
)
from traceability.gs1.options import STRICT, Options
from traceability.gs1.pairs import check_pairs
from traceability.gs1.reasons import facts_of, reason

LOT, SERIAL, VARIANT = "10", "21", "22"
_CONTENT = "02"
_WITHOUT_COMPANIONS = Options(requisites=False)
Syntax = Literal["link", "elements", "scan", "urn", "own", "lot_code"]


@dataclass(frozen=True, slots=True)
class Identity:
    """What a text identifies.

    Attributes:
        received: the text as it came; it is stored beside the identity.
        syntax: what it was written as.
        canonical: the identity itself, a link without query; None for a bare lot code and for
            elements without a key.
        item: the GTIN as 14 digits, or the web address of a farm's own item; None: no item named.
        lot, serial: as they stand on the label.
        elements: every AI that came, attributes included, in their order.
    """

    received: str
    syntax: Syntax
    canonical: str | None
    item: str | None
    lot: str | None = None
    serial: str | None = None
    elements: tuple[tuple[str, str], ...] = ()

    @property
    def gtin(self) -> str | None:
        """The item as a GTIN of 14 digits, or None."""
        return self.item if self.item is not None and self.item.isdigit() else None


def identify(text: str, *, hubs: Sequence[str] = (), options: Options = STRICT) -> Identity:
    """Return what a text identifies.

    Args:
        text: a GS1 Digital Link, (01)…(10)…, scanner data with its symbology identifier or with
            FNC1 in first place, an EPC URN, an address beneath one of `hubs`, or a bare lot code.
        hubs: base addresses whose own identifiers are taken as they are, as in
            `https://hub.example`.

    Raises:
        Gs1Error: it is written as GS1 data and wrong, or no lot code could look so.

    AIs are never guessed: `10D9T` is a lot code of five characters, not a lot `D9T`.
    """
    if looks_like_link(text):
        return _of_address(text, hubs, options)
    if urn.looks_like_urn(text):
        return _of_link(text, "urn", urn.to_link(text))
    if scan.has_symbology(text):
        return _of_scan(text, options)
    if text.startswith((FNC1, WRITTEN_FNC1)) or _starts_with_ai_in_brackets(text):
        return _of_elements(text, "elements", parse_elements(text, options=options).checked())
    return Identity(text, "lot_code", None, None, lot=check_lot_code(text))


def lot_identity(
    item: str, lot: str, *, serial: str | None = None, received: str | None = None
) -> Identity:
    """Return the identity of a lot of an item.

    Args:
        item: a GTIN of 8 to 14 digits, or the https:// address of a farm's own item.
        lot, serial: 1 to 20 characters of the 82 that GS1 allows.

    Raises:
        Gs1Error: a wrong check digit, an address that is none, a character no label may carry.

    >>> lot_identity("4012345111118", "A/1").canonical
    'https://id.gs1.org/01/04012345111118/10/A%2F1'
    """
    check_lot_code(lot)
    tail = f"/{LOT}/{escape(lot)}"
    if serial is not None:
        check_lot_code(serial, ai=SERIAL)
        tail += f"/{SERIAL}/{escape(serial)}"
    own = looks_like_link(item)
    if own:
        canonical = check_own_address(item) + tail
        elements: tuple[tuple[str, str], ...] = ((LOT, lot),)
    else:
        item = gtin14(item)
        canonical = f"{CANONICAL_STEM}/01/{item}{tail}"
        elements = (("01", item), (LOT, lot))
    if serial is not None:
        elements = (*elements, (SERIAL, serial))
    return Identity(
        received or canonical, "own" if own else "link", canonical, item, lot, serial, elements
    )


def check_lot_code(text: str, *, ai: str = LOT) -> str:
    """Return a lot (or serial) code as it is, once every character of it can be printed.

    Raises:
        BadLotCode: empty, longer than 20, or with a character outside CSET 82; names it.
    """
    entry = dictionary.table()[ai]
    fault = fault_in(entry, text)
    if fault is None:
        return text
    if not text:
        raise BadLotCode(
            "{title} is empty", hint="type it as it stands on the label", title=_named(ai)
        )
    problem, hint = reason(fault)
    raise BadLotCode(
        problem,
        hint=hint,
        position=fault.start,
        title=_named(ai),
        length=f"1-{entry.longest}",
        kind="characters",
        **facts_of(fault, text),
    )


def check_own_address(text: str) -> str:
    """Return a farm's own https:// identifier without a slash at its end.

    Raises:
        BadLink: no https address, no path beneath its host, or with a query or fragment.
    """
    if not text.startswith("https://") or any(char in text for char in "?# "):
        raise BadLink(
            "{got!r} cannot stand for a GTIN or GLN",
            hint="use an https:// address beneath your own hub, without query or fragment",
            code="bad_own_identifier",
            position=0,
            got=text,
        )
    host, slash, path = text[len("https://") :].rstrip("/").partition("/")
    if not host or not slash or not path:
        raise BadLink(
            "{got!r} names a host, not an item or place on it",
            hint="as in https://hub.example/items/lettuce",
            code="bad_own_identifier",
            position=0,
            got=text,
        )
    return text.rstrip("/")


def parse_elements(text: str, *, options: Options = STRICT) -> Parsed:
    """Read an element string, bracketed or with FNC1 (0x1D or ^) in first place."""
    unknown = options.permit_unknown_ais
    if text.startswith(WRITTEN_FNC1):
        text = text.replace(WRITTEN_FNC1, FNC1)
    if text.startswith(FNC1):
        return parse_unbracketed(text, permit_unknown=unknown)
    return parse_bracketed(text, permit_unknown=unknown)


def _of_address(text: str, hubs: Sequence[str], options: Options) -> Identity:
    own = any(text.startswith(hub.rstrip("/") + "/") for hub in hubs)
    try:
        link = read_link(text, options=options)
    except Gs1Error as error:
        # On a hub of our own an address without a GTIN is an identifier as good as one with;
        # but a GTIN with a wrong check digit stays wrong there too.
        if not own or error.ai is not None:
            raise
        return _of_own(text)
    return _of_link(text, "link", link)


def _of_own(text: str) -> Identity:
    address = check_own_address(text.partition("?")[0].partition("#")[0])
    item, serial = _cut(address, SERIAL)
    item, lot = _cut(item, LOT)
    if lot is None and serial is None:
        return Identity(text, "own", address, check_own_address(item))
    if lot is None:
        raise BadLink(
            "a serial without a lot",
            hint="own identifiers end in /10/<lot> or /10/<lot>/21/<serial>",
            code="bad_own_identifier",
            ai=SERIAL,
        )
    return lot_identity(item, lot, serial=serial, received=text)


def _cut(address: str, ai: str) -> tuple[str, str | None]:
    """Split `/10/<value>` off the end of an address, unescaped."""
    rest, marker, value = address.rpartition(f"/{ai}/")
    if not marker or "/" in value:
        return address, None
    return rest, unescape(value)


def _of_scan(text: str, options: Options) -> Identity:
    scanned = scan.parse_scan(text, options=options)
    if scanned.link is not None:
        return _of_link(text, "scan", scanned.link)
    elements = scanned.parsed.checked()
    if not elements:
        raise NotGs1(
            "this barcode holds plain text, no GS1 data",
            hint="type the lot code itself, or scan the GS1 barcode beside it",
            position=0,
        )
    return _of_elements(text, "scan", elements)


def _of_elements(text: str, syntax: Syntax, elements: Sequence[Element]) -> Identity:
    # Companions may stand on the item's other barcode; contradictions may not stand anywhere.
    check_pairs(elements, options=_WITHOUT_COMPANIONS)
    pairs = [(element.ai, element.value) for element in elements]
    values = dict(pairs)
    key = _key_of(values)
    if key is not None:
        wanted = {key, *(ai for path in dictionary.qualifier_paths(key) for ai in path)}
        link = DigitalLink.build([pair for pair in pairs if pair[0] in wanted])
        return _identity(text, syntax, link, pairs)
    lot, content = values.get(LOT), values.get(_CONTENT)
    if lot is not None and content is not None:
        # A pallet's label says what is in it: the lot is one of the contained item.
        link = DigitalLink.build([("01", content), (LOT, lot)])
        return _identity(text, syntax, link, pairs)
    return Identity(text, syntax, None, content, lot, values.get(SERIAL), tuple(pairs))


def _key_of(values: Mapping[str, str]) -> str | None:
    """Return the key that names the thing: the item's GTIN before the place it was shipped from."""
    if "01" in values:
        return "01"
    return next((ai for ai in values if dictionary.is_primary_key(ai)), None)


def _of_link(text: str, syntax: Syntax, link: DigitalLink) -> Identity:
    return _identity(text, syntax, link, [*link.path, *link.attributes])


def _identity(
    text: str, syntax: Syntax, link: DigitalLink, pairs: Sequence[tuple[str, str]]
) -> Identity:
    path = dict(link.path)
    return Identity(
        received=text,
        syntax=syntax,
        canonical=link.canonical,
        item=path.get("01") or path.get("8006", "")[:14] or None,
        lot=path.get(LOT),
        serial=path.get(SERIAL),
        elements=tuple(pairs),
    )


def _starts_with_ai_in_brackets(text: str) -> bool:
    head, closed, _ = text[1:6].partition(")")
    return text.startswith("(") and bool(closed) and head.isascii() and head.isdigit()


def _named(ai: str) -> str:
    return "a lot code" if ai == LOT else "a serial"
