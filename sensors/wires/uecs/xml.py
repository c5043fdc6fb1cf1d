"""XML of strangers, read so that it can do nothing: no DTD, no entities, no size, no depth.

UECS has no security at all; anybody on the greenhouse network can send anything.
"""

from dataclasses import dataclass, field
from xml.parsers import expat  # the DTD is refused below, which is what makes expat safe

from sensors.errors import DamagedFrame
from sensors.wires.faults import damaged

# The longest honest message, a CCM list of twenty lines, has 3 KiB.
MAX_BYTES = 8192
_MAX_DEPTH = 4


@dataclass(slots=True)
class Element:
    """One element: name, attributes, the text directly inside, and its children."""

    name: str
    attributes: dict[str, str]
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def child_text(self, name: str) -> str | None:
        """Return the text of the first child of that name, None where there is none."""
        found = next((child for child in self.children if child.name == name), None)
        return found.text.strip() if found else None


def parse(datagram: bytes) -> Element:
    """Return the root element.

    Raises:
        DamagedFrame: fault `too_large`, `dtd_forbidden`, `too_deep` or `xml`.
    """
    if len(datagram) > MAX_BYTES:
        raise fault("too_large", f"at most {MAX_BYTES} bytes", datagram)
    builder = _Builder(datagram)
    # Some nodes end the datagram with the zero byte of a C string.
    text = datagram.rstrip(b"\0 \r\n\t").lstrip(b" \r\n\t")
    try:
        builder.parser.Parse(text, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise fault("xml", f"well-formed XML ({error})", datagram) from error
    return builder.root


def fault(word: str, expected: str, got: bytes) -> DamagedFrame:
    """Build the error for a datagram that is no UECS message."""
    return damaged("uecs", word, expected=expected, got=got, text=True)


class _Builder:
    def __init__(self, datagram: bytes) -> None:
        self.root = Element("", {})
        self._open: list[Element] = []
        self._datagram = datagram
        self.parser = expat.ParserCreate()
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _doctype(self, *_: object) -> None:
        raise fault("dtd_forbidden", "no document type", self._datagram)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= _MAX_DEPTH:
            raise fault("too_deep", f"at most {_MAX_DEPTH} levels", self._datagram)
        element = Element(name, attributes)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _end(self, _: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        self._open[-1].text += text
