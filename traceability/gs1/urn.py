"""EPC URNs: to links without help, from links with the length of the company prefix.

A URN says where the company prefix ends and leaves the check digit out; a link has the check digit
and not the prefix length. So links are what is stored, and URNs are spoken to older partners.

Source: GS1 EPC Tag Data Standard 2.0, section 6; CBV 2.0, section 8.2 for classes and patterns.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from traceability.gs1.checkdigits import check_digit
from traceability.gs1.errors import BadUrn, Gs1Error
from traceability.gs1.link import DigitalLink

PREFIX_LENGTHS = range(6, 13)
_NO_EXTENSION = "0"  # of a place: the GLN itself, no part of it
# Characters of TDS' own URN syntax that stay as they are; the rest of CSET 82 is escaped.
_URN_SAFE = "!'()*+,-.:;=_"


@dataclass(frozen=True, slots=True)
class _Scheme:
    """How one kind of EPC is written.

    Attributes:
        key, serial: the AIs its link has; without a serial AI the serial is part of the key.
        body: digits of prefix and reference together, without check digit; None: any length.
        reference: what the second part may hold.
        parts: how many parts follow the scheme's name at instance level.
        class_level: how the class is written; None where GS1 defines none.
    """

    key: str
    body: int | None
    serial: str | None = None
    reference: str = "digits"
    parts: int = 2
    indicator: bool = False
    prefix_zero: bool = False
    digit: bool = True
    class_level: str | None = None


_SCHEMES = {
    "sgtin": _Scheme("01", 13, "21", parts=3, indicator=True, class_level="idpat"),
    "upui": _Scheme("01", 13, "235", parts=3, indicator=True, class_level="idpat"),
    "lgtin": _Scheme("01", 13, "10", parts=3, indicator=True, class_level="class"),
    "itip": _Scheme("8006", 13, "21", parts=5, indicator=True, class_level="idpat"),
    "sscc": _Scheme("00", 17, indicator=True),
    "sgln": _Scheme("414", 12, "254", parts=3),
    "pgln": _Scheme("417", 12),
    "grai": _Scheme("8003", 12, parts=3, prefix_zero=True, class_level="idpat"),
    "gdti": _Scheme("253", 12, parts=3, class_level="idpat"),
    "sgcn": _Scheme("255", 12, parts=3, class_level="idpat"),
    "gsrn": _Scheme("8018", 17),
    "gsrnp": _Scheme("8017", 17),
    "gsin": _Scheme("402", 16),
    "giai": _Scheme("8004", None, reference="any", digit=False),
    "ginc": _Scheme("401", None, reference="any", digit=False),
    "cpi": _Scheme(
        "8010", None, "8011", reference="any", parts=3, digit=False, class_level="idpat"
    ),
}  # fmt: skip
_DAMAGED_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_URN = re.compile(r"urn:epc:(id|class|idpat):([a-z]+):(.*)", re.DOTALL)


def looks_like_urn(text: str) -> bool:
    return text.lower().startswith("urn:epc:")


def to_link(urn: str) -> DigitalLink:
    """Return the link of what an EPC URN names: a thing, a class (`idpat …*`), or a lot (`class`).

    Raises:
        BadUrn: the URN breaks its scheme; the message names the part.

    >>> to_link("urn:epc:class:lgtin:4012345.011111.A%2F1").canonical
    'https://id.gs1.org/01/04012345111118/10/A%2F1'
    """
    damaged = _DAMAGED_ESCAPE.search(urn)
    if damaged is not None:
        raise _bad(urn, damaged.start(), "% without two hex digits", "write a percent sign as %25")
    match = _URN.fullmatch(urn)
    if match is None or match[2] not in _SCHEMES:
        raise _bad(urn, 0, "no EPC URN of a GS1 key", "it starts as in urn:epc:id:sgtin:")
    level, name, rest = match.groups()
    scheme = _SCHEMES[name]
    parts = rest.split(".", scheme.parts - 1)
    if (level == "id" and name == "lgtin") or len(parts) != scheme.parts:
        shape = ".".join(["company prefix", "reference", "serial", "…", "…"][: scheme.parts])
        raise _bad(urn, match.start(3), f"{name} is no {level} of this shape", f"expected {shape}")
    if level not in ("id", scheme.class_level):
        raise _bad(urn, 8, f"{name} has no {level} form", "use the id form")
    of_class = level == "idpat"
    if of_class and parts[-1] != "*":
        raise _bad(urn, len(urn), "a pattern ends in .*", "use urn:epc:id: for one serial")
    elements = _elements(urn, match.start(3), scheme, parts, of_class=of_class)
    try:
        return DigitalLink.build(elements)
    except Gs1Error as error:
        raise _bad(urn, match.start(3), error.problem, error.hint) from error


def from_link(link: DigitalLink, *, prefix_length: int, of_class: bool = False) -> str:
    """Return the EPC URN of a link.

    Args:
        prefix_length: digits of the GS1 Company Prefix, 6 to 12; a link does not say.
        of_class: the class or lot, not one serial.

    Raises:
        BadUrn: this key has no such URN, or the prefix length does not fit.
    """
    uri = link.canonical
    if prefix_length not in PREFIX_LENGTHS:
        raise _bad(
            uri, None, f"a company prefix has 6 to 12 digits, not {prefix_length}", "ask its owner"
        )
    name = _scheme_of(link, of_class=of_class)
    if name is None:
        raise _bad(uri, None, "no EPC URN says this", "send the link itself")
    scheme = _SCHEMES[name]
    key = link.path[0][1]
    prefix, reference, tail = _split(scheme, key, prefix_length)
    if not (prefix + reference[:0]).isdigit() or len(prefix) != prefix_length:
        raise _bad(
            uri, None, f"{key} is too short for a prefix of {prefix_length}", "check the length"
        )
    if scheme.reference == "any" and not reference:
        raise _bad(uri, None, f"nothing follows the prefix in {key}", "check the prefix length")
    serial = _serial(link, scheme, tail)
    if of_class and serial and name != "lgtin":
        raise _bad(uri, None, "one serial is no class", "leave the serial out of the link")
    if not of_class and not serial and scheme.parts > 2 and name != "sgln":
        raise _bad(uri, None, "this key has no serial", "ask for the class instead")
    level = scheme.class_level if of_class else "id"
    body = [prefix, quote(reference, safe=_URN_SAFE)]
    body += [tail[:2], tail[2:]] if name == "itip" else []
    if scheme.parts > 2:
        last = "*" if of_class and name != "lgtin" else quote(serial, safe=_URN_SAFE)
        body.append(last or _NO_EXTENSION)
    return f"urn:epc:{level}:{name}:{'.'.join(body)}"


def _elements(
    urn: str, at: int, scheme: _Scheme, parts: list[str], *, of_class: bool
) -> list[tuple[str, str]]:
    prefix, reference = parts[0], unquote(parts[1])
    if not (prefix.isascii() and prefix.isdigit()) or len(prefix) not in PREFIX_LENGTHS:
        raise _bad(urn, at, f"{prefix!r} is no company prefix", "it has 6 to 12 digits")
    at += len(prefix) + 1
    body = prefix + reference
    if scheme.body is not None:
        if not (body.isascii() and body.isdigit()):
            raise _bad(urn, at, f"{reference!r} is not a number", "this part is digits only")
        if len(body) != scheme.body:
            total = f"prefix and reference make {scheme.body} digits together, got {len(body)}"
            raise _bad(urn, at, total, "check where the company prefix ends")
    if scheme.indicator and not reference:
        raise _bad(urn, at, "no reference", "its first digit is the indicator or extension digit")
    value = _key_value(scheme, prefix, reference)
    serial = "" if of_class else "".join(unquote(part) for part in parts[-1:] if scheme.parts > 2)
    if scheme.parts == 5:  # a piece of a trade item: piece and total stand behind the GTIN
        value += parts[2] + parts[3]
    if scheme.serial is None:
        return [(scheme.key, value + serial)]
    if of_class or (scheme.key == "414" and serial == _NO_EXTENSION):
        return [(scheme.key, value)]
    return [(scheme.key, value), (scheme.serial, serial)]


def _key_value(scheme: _Scheme, prefix: str, reference: str) -> str:
    """Put the indicator first, and the check digit behind what it checks."""
    body = reference[0] + prefix + reference[1:] if scheme.indicator else prefix + reference
    if scheme.digit:
        body += check_digit(body)
    return "0" + body if scheme.prefix_zero else body


def _scheme_of(link: DigitalLink, *, of_class: bool) -> str | None:
    has = {ai for ai, _ in link.path}
    key = link.path[0][0]
    if key == "01":
        if "235" in has:
            return "upui"
        return "lgtin" if of_class and "10" in has and "21" not in has else "sgtin"
    named = [name for name, scheme in _SCHEMES.items() if scheme.key == key]
    name = named[0] if named else None
    if of_class and (name is None or _SCHEMES[name].class_level is None):
        return None
    return name


def _split(scheme: _Scheme, key: str, prefix_length: int) -> tuple[str, str, str]:
    """Return company prefix, reference, and what follows the check digit."""
    key = key[1:] if scheme.prefix_zero else key
    if scheme.body is None:
        return key[:prefix_length], key[prefix_length:], ""
    body, tail = key[: scheme.body], key[scheme.body + 1 :]
    if scheme.indicator:
        first, body = body[0], body[1:]
        return body[:prefix_length], first + body[prefix_length:], tail
    return body[:prefix_length], body[prefix_length:], tail


def _serial(link: DigitalLink, scheme: _Scheme, tail: str) -> str:
    if scheme.serial is None:
        return tail
    return link.get(scheme.serial) or ""


def _bad(text: str, position: int | None, problem: str, hint: str) -> BadUrn:
    return BadUrn(
        "{got}: {why}", hint="{next_step}", position=position, got=text, why=problem, next_step=hint
    )
