"""What stands in a cell, made into the value it means; full-width digits, kg, 令和 dates included.

Every reader raises BadValue, whose `field` the caller names; one of a GS1 number a Gs1Error.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from api.incoming.spreadsheet import Cell
from traceability.errors import BadValue
from traceability.gs1 import gln13, gtin14
from traceability.texts import LONGEST_NAME, refuse_text

_CODE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
_YES = ("yes", "true", "1", "○", "はい", "する", "公開")
_NO = ("no", "false", "0", "×", "いいえ", "しない", "非公開")
_WEIGHT = re.compile(r"^(\d{1,9}(?:\.\d{1,6})?) ?(g|kg)?$", re.IGNORECASE)
_SHORTENED = re.compile(r"^\d(\.\d+)?E\+?\d+$", re.IGNORECASE)
# Eras by their first year; 元年 is the first.
_ERAS = {"令和": 2018, "R": 2018, "平成": 1988, "H": 1988}
_ERA_DAY = re.compile(r"^(令和|平成|R|H)\s?(\d{1,2}|元)[年./-](\d{1,2})[月./-](\d{1,2})日?$")
_DAY = re.compile(r"^(\d{4})[年./-](\d{1,2})[月./-](\d{1,2})日?$")
# Day 0 of Excel's calendar, which counts a 29 February 1900 that never was.
_EXCEL_EPOCH = date(1899, 12, 30)
_FIRST_DAY = date(1970, 1, 1)
_LARGEST = 2**31 - 1


def text(cell: Cell) -> str:
    said = "" if cell is None else str(cell)
    refuse_text("cell", said, LONGEST_NAME)
    return said


def code(cell: Cell) -> str:
    said = _plain(cell)
    if not _CODE.match(said):
        raise BadValue(
            field="",
            expected="letters, digits and . _ - and a letter or digit first",
            got=repr(said),
            next_step="choose a short code; the name may hold anything",
        )
    return said


def lot_code(cell: Cell) -> str:
    """A lot's code is checked by the act that gives it."""
    return text(cell)


def gtin(cell: Cell) -> str:
    return _numbered(cell, gtin14)


def gln(cell: Cell) -> str:
    return _numbered(cell, gln13)


def whole(cell: Cell) -> int:
    number = _number(cell)
    if number != int(number) or not 1 <= number <= _LARGEST:
        raise BadValue(
            field="",
            expected="a whole number from 1",
            got=repr(_plain(cell)),
            next_step="correct the cell",
        )
    return int(number)


def degrees(cell: Cell) -> float:
    return float(_number(cell))


def grams(cell: Cell) -> int:
    """Return whole grams of 80, 80g or 0.08kg."""
    match = _WEIGHT.match(_plain(cell).replace(",", ""))
    weight = Decimal(match[1]) * (1000 if (match[2] or "g").lower() == "kg" else 1) if match else 0
    if not 1 <= weight <= _LARGEST or weight != int(weight):
        raise BadValue(
            field="",
            expected="whole grams, such as 80, or 0.08kg",
            got=repr(_plain(cell)),
            next_step="correct the cell",
        )
    return int(weight)


def yes_no(cell: Cell) -> bool:
    said = _plain(cell).lower()
    if said not in (*_YES, *_NO):
        raise BadValue(field="", expected="yes or no", got=repr(said), next_step="correct the cell")
    return said in _YES


def day(cell: Cell) -> date:
    """Return a day of 2026-11-23, 2026/11/23, 令和8年11月23日, R8.11.23, or a cell that is one."""
    found = _day(cell)
    if found is None or found < _FIRST_DAY:
        raise BadValue(
            field="",
            expected="a day from 1970 on, such as 2026-11-23 or 令和8年11月23日",
            got=repr(_plain(cell)),
            next_step="correct the cell",
        )
    return found


def one_of(words: Mapping[str, str], shown: Iterable[str]) -> Callable[[Cell], str]:
    """Take a code, or a word for it in any language; `shown` are those of the reader."""
    by_word = {_plain(word).lower(): code for word, code in words.items()}
    by_word |= {code: code for code in words.values()}
    known = " / ".join(shown)

    def read(cell: Cell) -> str:
        said = _plain(cell).lower()
        if said not in by_word:
            raise BadValue(
                field="",
                expected=known,
                got=repr(_plain(cell)),
                next_step="choose one of them",
            )
        return by_word[said]

    return read


def _plain(cell: Cell) -> str:
    if isinstance(cell, bool):
        return str(cell).lower()
    return unicodedata.normalize("NFKC", "" if cell is None else str(cell)).strip()


def _number(cell: Cell) -> Decimal:
    try:
        number = Decimal(_plain(cell).replace(",", ""))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) > _LARGEST:
        raise BadValue(
            field="", expected="a number", got=repr(_plain(cell)), next_step="correct the cell"
        )
    return number


def _numbered(cell: Cell, check: Callable[[str], str]) -> str:
    said = _plain(cell).replace("-", "").replace(" ", "")
    if _SHORTENED.match(said):
        # 4.91235E+12: the digits are gone for ever.
        raise BadValue(
            field="",
            expected="all digits of the number",
            got=repr(said),
            next_step="make the column text in the spreadsheet, and write the number again",
        )
    return check(said)


def _day(cell: Cell) -> date | None:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        # Excel's number of a day whose cell is not formatted as one.
        return _EXCEL_EPOCH + timedelta(days=int(cell)) if 0 < cell < 100_000 else None
    said = _plain(cell)
    era, plain = _ERA_DAY.match(said), _DAY.match(said.partition("T")[0].partition(" ")[0])
    try:
        if era:
            year = _ERAS[era[1]] + (1 if era[2] == "元" else int(era[2]))
            return date(year, int(era[3]), int(era[4]))
        return date(int(plain[1]), int(plain[2]), int(plain[3])) if plain else None
    except ValueError:
        return None
