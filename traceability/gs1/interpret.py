"""Read one text of any GS1 syntax, say everything that is in it and everything that is wrong.

For tools that show what a code holds; who only wants the lot uses `identity.identify`.
"""

from dataclasses import dataclass, replace

from traceability.gs1 import dictionary, scan, urn
from traceability.gs1.compression import decompress, read_link
from traceability.gs1.elements import FNC1, WRITTEN_FNC1, Element
from traceability.gs1.errors import Gs1Error, NotGs1
from traceability.gs1.identity import Syntax, parse_elements
from traceability.gs1.link import CANONICAL_STEM, DigitalLink, looks_like_link, salvage
from traceability.gs1.options import STRICT, Options
from traceability.gs1.pairs import pairing_errors


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What a text holds.

    Attributes:
        syntax: what it was written as; None if it is nothing of GS1.
        elements: every element that could be read.
        errors: everything wrong, in the order it was met.
        link: the same data as a link; None if they have no primary key, or no place in a link.
        plain: the text of a barcode that carries no GS1 data.
    """

    syntax: Syntax | None
    elements: tuple[Element, ...] = ()
    errors: tuple[Gs1Error, ...] = ()
    link: DigitalLink | None = None
    plain: str | None = None

    @property
    def ok(self) -> bool:
        return not self.errors


def interpret(text: str, *, options: Options = STRICT, pairs: bool = False) -> Interpretation:
    """Read a link (compressed or not), element string, scan or EPC URN; never raises.

    Args:
        pairs: judge also whether the elements may stand together. Two barcodes of one item are
            judged together, so a single one is not wrong for what the other carries.
    """
    try:
        found = _read(text, options)
    except Gs1Error as error:
        return Interpretation(None, errors=(error,))
    if pairs:
        found = replace(
            found, errors=(*found.errors, *pairing_errors(found.elements, options=options))
        )
    if found.link is None and found.ok:
        found = replace(found, link=_link_of(found.elements))
    return found


def _read(text: str, options: Options) -> Interpretation:
    if looks_like_link(text):
        return _read_link(text, options)
    if urn.looks_like_urn(text):
        link = urn.to_link(text)
        return Interpretation("urn", link.elements, link=link)
    if scan.has_symbology(text):
        scanned = scan.parse_scan(text, options=options)
        plain = None if scanned.parsed.elements or scanned.parsed.errors else scanned.text
        parsed = scanned.parsed
        return Interpretation("scan", parsed.elements, parsed.errors, scanned.link, plain)
    if text.startswith("/"):
        # What a resolver sees of a compressed link; a plain path says no key that could be trusted.
        link = DigitalLink.parse(decompress(CANONICAL_STEM + text), options=options)
        return Interpretation("link", link.elements, link=link)
    if text.startswith((FNC1, WRITTEN_FNC1, "(")):
        parsed = parse_elements(text, options=options)
        return Interpretation("elements", parsed.elements, parsed.errors)
    raise NotGs1(
        "neither a link, nor (01)…, nor a scan with its symbology identifier, nor an EPC URN"
        if text
        else "nothing came",
        hint="AIs are never guessed: write the brackets, or let the scanner send AIM identifiers "
        "such as ]C1",
        position=0,
    )


def _read_link(text: str, options: Options) -> Interpretation:
    try:
        link = read_link(text, options=options)
    except Gs1Error as error:
        # No AI at fault means that there are no elements either.
        if error.ai is None:
            raise
        parsed = salvage(text, options=options)
        return Interpretation("link", parsed.elements, parsed.errors or (error,))
    return Interpretation("link", link.elements, link=link)


def _link_of(elements: tuple[Element, ...]) -> DigitalLink | None:
    if not any(dictionary.is_primary_key(element.ai) for element in elements):
        return None
    try:
        return DigitalLink.build(elements, stem=CANONICAL_STEM)
    except Gs1Error:
        return None
