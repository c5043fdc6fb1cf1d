"""Text for a terminal of 80 columns: tables whose Japanese lines up, site-local times.

A name is shown in Japanese where the terminal's own language is Japanese (LC_ALL, LC_MESSAGES,
LANG) and there is one; codes are the same in both.
"""

import json
import os
import re
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from traceability.amounts import Amount

if TYPE_CHECKING:
    from api.i18n import Reader

COLUMNS = 80
_GAP = "  "
# Words with the space behind them, ideographs one by one with the mark that may not begin a line.
_BREAKABLE = re.compile(r"[\u2e80-\uffef][、。)」・]*|[^\s\u2e80-\uffef]+[、。)」]*\s*|\s+")


class Named(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def name_ja(self) -> str: ...


def width(text: str) -> int:
    """Return how many columns a terminal gives a text: an ideograph takes two.

    Source: Unicode Standard Annex 11, East Asian Width (W and F are wide).
    """
    return sum(_columns(char) for char in text)


def clip(text: str, columns: int) -> str:
    """Shorten a text to so many columns; an ellipsis says that something is missing."""
    if width(text) <= columns:
        return text
    kept = ""
    for char in text:
        if width(kept) + _columns(char) > columns - 1:
            break
        kept += char
    return kept.rstrip() + "…"


def pad(text: str, columns: int, *, right: bool = False) -> str:
    space = " " * max(0, columns - width(text))
    return space + text if right else text + space


def table(
    header: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Sequence[int] = ()
) -> list[str]:
    """Return lines of aligned columns; the last column is shortened to what 80 columns leave.

    Args:
        numbers: Which columns (from 0) stand to the right.
    """
    cells = [list(header), *([str(cell) for cell in row] for row in rows)]
    widths = [max(width(row[i]) for row in cells) for i in range(len(header))]
    before = sum(widths[:-1]) + len(_GAP) * (len(widths) - 1)
    widths[-1] = min(widths[-1], max(COLUMNS - before, width(header[-1])))
    return [
        _GAP.join(
            pad(clip(cell, columns), columns, right=i in numbers)
            for i, (cell, columns) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]


def local(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def local_with_zone(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z")


def duration(span: timedelta) -> str:
    """Return a span in its two largest units.

    >>> duration(timedelta(hours=26, minutes=10))
    '1 d 2 h'
    """
    minutes = round(span.total_seconds() / 60)
    units = (("d", minutes // 1440), ("h", minutes // 60 % 24), ("min", minutes % 60))
    said = [f"{count} {unit}" for unit, count in units if count]
    return " ".join(said[:2]) or "0 min"


def reader() -> "Reader":
    """Return the language of the terminal, for what pages and messages say, too."""
    from api.i18n import Reader

    return Reader.of("ja" if _japanese() else "en")


def name_of(row: Named) -> str:
    return row.name_ja if row.name_ja and _japanese() else row.name


def amount(value: Amount) -> str:
    """Return an amount in short, `unknown` where it was neither counted nor weighed.

    >>> amount(Amount(40, 3200))
    '40 pcs, 3200 g'
    """
    said = []
    if value.pieces is not None:
        said.append(f"{value.pieces} pcs")
    if value.weight_g is not None:
        said.append(f"{value.weight_g} g")
    return ", ".join(said) or "unknown"


def filled(sentence: str, *, indent: int = 0) -> list[str]:
    """Return a sentence in lines of at most 80 columns."""
    return [" " * indent + line for line in textwrap.wrap(sentence, COLUMNS - indent)]


def wrapped(sentence: str, columns: int) -> list[str]:
    """Return a sentence in lines of so many columns: broken at spaces, or beside an ideograph,
    where Japanese may break.

    >>> wrapped("時計が合っていません now", 12)
    ['時計が合って', 'いません now']
    """
    lines, line = [], ""
    for piece in _BREAKABLE.findall(sentence):
        if line and width(line) + width(piece.rstrip()) > columns:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return [*lines, line.rstrip()]


def as_json(value: object) -> str:
    """Return JSON as a person and a program both read it: UTF-8, indented."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _japanese() -> bool:
    named = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return next((language for language in named if language), "").startswith("ja")
