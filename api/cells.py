"""Cells that a spreadsheet would run: made harmless the same way in CSV and in workbooks.

A text that begins with = + - @, wide or narrow, or with a tab, a line's end or a NUL is a formula
to a spreadsheet (OWASP ASVS 1.2.10). A quote before it makes it text; in a workbook, where a cell
has a kind of its own, the quote is the cell's and is not seen. A number stays a number, a negative
one too.
"""

import re
from datetime import date, datetime

# A spreadsheet in Japanese takes the wide forms for the narrow ones.
_FORMULA = re.compile(r"^[=+\-@＝＋－＠−\t\r\n\0]")
_NUMBER = re.compile(r"^[+-]?\d+(\.\d+)?$")
QUOTE = "'"


def runs(text: str) -> bool:
    """Return whether a spreadsheet would take a text for a formula.

    >>> [runs(text) for text in ("=1+1", "+81-242-1", "-5", "@SUM(A1)", "P-1")]
    [True, True, False, True, False]
    """
    return bool(_FORMULA.match(text)) and not _NUMBER.match(text)


def safe(cell: object) -> object:
    """Return a cell that no spreadsheet runs.

    >>> safe("=1+1"), safe("-5"), safe(None)
    ("'=1+1", '-5', None)
    """
    return f"{QUOTE}{cell}" if isinstance(cell, str) and runs(cell) else cell


def unquoted(text: str) -> str:
    """Return what `safe` was given: our own tables are read back as they were.

    >>> unquoted("'=1+1"), unquoted("'tis")
    ('=1+1', "'tis")
    """
    inner = text.removeprefix(QUOTE)
    return inner if inner != text and runs(inner) else text


def plain(cell: object) -> object:
    """Return dates as ISO text: a program that sorts them must not guess a format."""
    if isinstance(cell, datetime):
        return cell.isoformat(timespec="seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    return cell
