"""Compressed GS1 Digital Links: AIs and values as bits, then base64url, as one path segment.

    https://id.example.com/01/09506000134352/10/ABC%2F123   ->   https://id.example.com/CxFKk4XBoQ8GFDXsWTM

Decoding gives back every character. Public decoders read numbers into floats and drop leading
zeros; here a number is an integer of any size, padded to the length the bits name.

Source: GS1 Digital Link Standard, "Compression" (AI keys as hexadecimal digits, table of
optimisations, encodings 0 to 4), as in gs1/GS1DigitalLinkToolkit.js 52dc9ce0 (Apache-2.0).
"""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import NamedTuple

from traceability.gs1 import dictionary
from traceability.gs1.errors import BadLink, Gs1Error
from traceability.gs1.link import DigitalLink, escape
from traceability.gs1.options import STRICT, Options

BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_HEX = "0123456789ABCDEF"

# Frequent companions of one key share two hexadecimal digits, of which one is a letter.
SHORT_FORMS = {
    "0A": ("01", "22"), "0B": ("01", "10"), "0C": ("01", "21"), "0D": ("01", "17"),
    "0E": ("01", "7003"), "0F": ("01", "30"), "1A": ("01", "10", "21", "17"), "1B": ("01", "15"),
    "1C": ("01", "11"), "1D": ("01", "16"), "1E": ("01", "91"), "1F": ("01", "10", "15"),
    **{f"2{'ABCDEF'[n]}": ("01", f"310{n}") for n in range(6)},
    **{f"3{'ABCDEF'[n]}": ("01", f"320{n}") for n in range(6)},
    "9A": ("8010", "8011"), "9B": ("8017", "8019"), "9C": ("8018", "8019"), "9D": ("414", "254"),
    **{f"A{n}": ("01", f"392{n}") for n in range(10)},
    **{f"C{n}": ("255", f"390{n}") for n in range(10)},
    **{f"C{'ABCD'[n]}": ("255", f"394{n}") for n in range(4)},
}  # fmt: skip
# The values behind a short form follow in the order of their AIs' digits. Read the other order too
# (one of them only can make a link): the reference code sorts its table, the printed one does not.
_ORDERS: tuple[Callable[[Iterable[str]], Sequence[str]], ...] = (sorted, tuple)
_DAMAGED = "bad_compressed_link"
_FOREIGN = "F"  # marks a name and value that are not GS1's
_FOREIGN_LENGTH_BITS = 7

# Encodings of text, in the order they are tried: number, what it may hold, bits a character.
_DIGITS, _LOWER_HEX, _UPPER_HEX, _BASE64, _ASCII = range(5)
_FITS = {
    _DIGITS: re.compile(r"[0-9]+"),
    _UPPER_HEX: re.compile(r"[0-9A-F]+"),
    _LOWER_HEX: re.compile(r"[0-9a-f]+"),
    _BASE64: re.compile(r"[A-Za-z0-9_-]+"),
}
_ALPHABETS = {
    _LOWER_HEX: (_HEX.lower(), 4),
    _UPPER_HEX: (_HEX, 4),
    _BASE64: (BASE64URL, 6),
    _ASCII: ("".join(map(chr, range(128))), 7),
}


class _Field(NamedTuple):
    """A stretch of a value as the bits hold it."""

    numeric: bool
    longest: int
    fixed: bool


def compress(link: DigitalLink, *, stem: str | None = None) -> str:
    """Return a link with its AIs compressed; parameters that are not GS1's stay readable.

    >>> compress(DigitalLink.parse("https://a.example/01/09506000134376/10/LOT01"))
    'https://a.example/CxFKk4XB0MpZyemo'
    """
    values = dict((*link.path, *link.attributes))
    names = sorted(values)
    bits = ""
    while short := _best_short_form(names):
        names = [name for name in names if name not in SHORT_FORMS[short]]
        together = _ORDERS[0](SHORT_FORMS[short])
        bits += _hex_bits(short) + "".join(_value_bits(name, values[name]) for name in together)
    bits += "".join(_hex_bits(name) + _value_bits(name, values[name]) for name in names)
    query = "?" + "&".join(link.others) if link.others else ""
    return (link.stem if stem is None else stem.rstrip("/")) + "/" + _to_base64(bits) + query


def decompress(text: str) -> str:
    """Return the link that a compressed one stands for, under the same stem.

    The primary key may stand uncompressed before the segment, as in `/01/<GTIN>/<segment>`.

    Raises:
        BadLink: the last path segment is not a compressed link.
    """
    path, _, rest = _split(text)
    stem, _, segment = path.rpartition("/")
    if not segment or not _FITS[_BASE64].fullmatch(segment):
        raise _damaged(text, "its last path segment is not base64url")
    bits = "".join(f"{BASE64URL.index(char):06b}" for char in segment)
    key = _uncompressed_key(stem)
    before = [key] if key else []
    stem = stem.rsplit("/", 2)[0] if key else stem
    problem: Gs1Error | None = None
    for order in _ORDERS:
        try:
            pairs, foreign = _read_all(text, _Bits(bits), order)
            uri = DigitalLink.build(before + pairs, stem=stem).uri
        except Gs1Error as error:
            problem = problem or error
            continue
        others = [part for part in (*rest.split("&"), *foreign) if part]
        return uri + ("&" if "?" in uri else "?") * bool(others) + "&".join(others)
    assert problem is not None
    if problem.code == _DAMAGED:
        raise problem
    raise _damaged(text, problem.problem) from problem


def read_link(text: str, *, options: Options = STRICT) -> DigitalLink:
    """Read a link as it stands, or a compressed one.

    Raises:
        BadLink, BadElement: neither.
    """
    try:
        return DigitalLink.parse(text, options=options)
    except BadLink as error:
        if error.code != "no_gs1_dl_keys_found_in_path_info":
            raise
        try:
            return DigitalLink.parse(decompress(text), options=options)
        except Gs1Error:
            # It only looked compressed; what is wrong with it as it stands says more.
            raise error from None


class _Bits:
    """Reads bits from the left, and refuses to read past the end."""

    def __init__(self, bits: str) -> None:
        self.bits = bits
        self.at = 0

    def left(self) -> int:
        return len(self.bits) - self.at

    def number(self, width: int) -> int:
        if width > self.left():
            raise EOFError
        self.at += width
        return int(self.bits[self.at - width : self.at], 2) if width else 0

    def hex_digit(self) -> str:
        return _HEX[self.number(4)]


def _read_all(
    text: str, reader: _Bits, order: Callable[[Iterable[str]], Sequence[str]]
) -> tuple[list[tuple[str, str]], list[str]]:
    pairs: list[tuple[str, str]] = []
    foreign: list[str] = []
    try:
        # Fewer than 8 bits are the padding of base64.
        while reader.left() >= 8:
            first, second = reader.hex_digit(), reader.hex_digit()
            if first == _FOREIGN:
                foreign.append(_foreign(reader, int(second, 16)))
            elif first + second in SHORT_FORMS:
                pairs += [(ai, _value(reader, ai)) for ai in order(SHORT_FORMS[first + second])]
            else:
                ai = _ai(reader, first + second)
                pairs.append((ai, _value(reader, ai)))
    except (EOFError, KeyError, ValueError, IndexError) as error:
        raise _damaged(text, "its bits do not make AIs and values") from error
    if "1" in reader.bits[reader.at :]:
        raise _damaged(text, "bits are left over at its end")
    return pairs, foreign


def _ai(reader: _Bits, start: str) -> str:
    length = dictionary.ai_length(start)
    if length is None:
        raise KeyError(start)
    ai = start + "".join(reader.hex_digit() for _ in range(length - 2))
    if dictionary.find(ai) is None:
        raise KeyError(ai)
    return ai


def _value(reader: _Bits, ai: str) -> str:
    value = ""
    for field in _fields(ai):
        encoding = _DIGITS if field.numeric else reader.number(3)
        length = field.longest if field.fixed else reader.number(field.longest.bit_length())
        value += _characters(reader, encoding, length)
    return value


def _foreign(reader: _Bits, start: int) -> str:
    """Read a parameter that is not GS1's; the four bits read already begin its name's length."""
    length = start * 8 + reader.number(3)
    name = "".join(BASE64URL[reader.number(6)] for _ in range(length))
    encoding = reader.number(3)
    value = _characters(reader, encoding, reader.number(_FOREIGN_LENGTH_BITS))
    return f"{name}={escape(value)}"


def _characters(reader: _Bits, encoding: int, length: int) -> str:
    if encoding == _DIGITS:
        digits = str(reader.number(_number_bits(length))).zfill(length)
        if len(digits) > max(length, 1):
            raise ValueError(digits)
        return digits if length else ""
    alphabet, width = _ALPHABETS[encoding]
    return "".join(alphabet[reader.number(width)] for _ in range(length))


def _value_bits(ai: str, value: str) -> str:
    bits = ""
    for field in _fields(ai):
        part = value[: field.longest]
        value = value[field.longest :]
        encoding = _DIGITS if field.numeric else _best_encoding(part)
        bits += "" if field.numeric else f"{encoding:03b}"
        bits += "" if field.fixed else f"{len(part):0{field.longest.bit_length()}b}"
        bits += _character_bits(encoding, part)
    return bits


def _character_bits(encoding: int, part: str) -> str:
    if encoding == _DIGITS:
        return f"{int(part or '0'):0{_number_bits(len(part))}b}"
    alphabet, width = _ALPHABETS[encoding]
    return "".join(f"{alphabet.index(char):0{width}b}" for char in part)


def _best_encoding(part: str) -> int:
    return next((number for number, fits in _FITS.items() if fits.fullmatch(part)), _ASCII)


def _best_short_form(names: list[str]) -> str | None:
    """Return the short form that saves most digits of AIs; the first one among equals."""
    fitting = [short for short, ais in SHORT_FORMS.items() if set(ais) <= set(names)]
    return max(fitting, key=lambda short: len("".join(SHORT_FORMS[short])), default=None)


@cache
def _fields(ai: str) -> tuple[_Field, ...]:
    """Return an AI's components as the bits hold them: neighbours of one kind are one field."""
    fields: list[_Field] = []
    for part in dictionary.table()[ai].components:
        fixed = part.shortest == part.longest and not part.optional
        field = _Field(part.charset == "N", part.longest, fixed)
        last = fields[-1] if fields else None
        together = last is not None and last.numeric == field.numeric
        # Digits of known length keep no length field, so they join only their like; text has one.
        if last and together and (last.fixed == field.fixed or not field.numeric):
            fields[-1] = _Field(field.numeric, last.longest + field.longest, field.fixed)
        else:
            fields.append(field)
    return tuple(fields)


@cache
def _number_bits(digits: int) -> int:
    # The standard's formula, its 0.01 included: it costs a bit for some lengths, and both ends
    # have to pay it.
    return math.ceil(digits * math.log2(10) + 0.01)


def _hex_bits(digits: str) -> str:
    return "".join(f"{int(digit, 16):04b}" for digit in digits)


def _to_base64(bits: str) -> str:
    bits += "0" * (-len(bits) % 6)
    return "".join(BASE64URL[int(bits[at : at + 6], 2)] for at in range(0, len(bits), 6))


def _split(text: str) -> tuple[str, str, str]:
    """Return what is before the query, the question mark, and the query; a fragment is dropped."""
    return text.partition("#")[0].partition("?")


def _uncompressed_key(stem: str) -> tuple[str, str] | None:
    parts = stem.rsplit("/", 2)
    return (parts[1], parts[2]) if len(parts) == 3 and dictionary.is_primary_key(parts[1]) else None


def _damaged(text: str, problem: str) -> BadLink:
    return BadLink(
        "{got} is no compressed link: {why}",
        hint="it was cut off, or it is an ordinary address",
        code=_DAMAGED,
        position=0,
        got=text,
        why=problem,
    )
