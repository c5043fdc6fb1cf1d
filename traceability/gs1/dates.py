"""Dates as GS1 writes them: YYMMDD and YYYYMMDD, some with a day of 00 for "end of the month".

Source: GS1 General Specifications, "Determination of century in dates".
"""

import calendar
from datetime import date

from traceability.gs1.faults import Fault, sized_digits

# The century of a two-digit year is the one that brings it nearest to now: 51 or more years ahead
# is the past, 50 or more behind is the future. A fixed "now" keeps old labels readable for ever;
# it decides only whether 29 February exists in YY=00, so it is wrong first in 2050.
# Source: GS1 General Specifications, "Determination of century in dates".
REFERENCE_YEAR = 2026


def full_year(yy: int, *, now: int = REFERENCE_YEAR) -> int:
    """Return the year a two-digit one stands for.

    >>> full_year(27), full_year(99)
    (2027, 1999)
    """
    century = now - now % 100
    ahead = yy - now % 100
    if ahead >= 51:
        return century - 100 + yy
    if ahead <= -50:
        return century + 100 + yy
    return century + yy


def yyyymmd0(text: str) -> Fault | None:
    """Check YYYYMMDD; a day of 00 means the end of the month."""
    if fault := sized_digits(text, 8, "date"):
        return fault
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:])
    if not 1 <= month <= 12:
        return Fault("illegal_month", 4, 2)
    # calendar knows no year 0; the Gregorian rule repeats every 400 years.
    if day > calendar.monthrange(year % 400 + 400, month)[1]:
        return Fault("illegal_day", 6, 2)
    return None


def yyyymmdd(text: str) -> Fault | None:
    return yyyymmd0(text) or _day_given(text)


def yymmd0(text: str) -> Fault | None:
    if fault := sized_digits(text, 6, "date"):
        return fault
    fault = yyyymmd0(f"{full_year(int(text[:2]))}{text[2:]}")
    return fault and fault.moved(-2)


def yymmdd(text: str) -> Fault | None:
    return yymmd0(text) or _day_given(text)


def _day_given(text: str) -> Fault | None:
    return Fault("illegal_day", len(text) - 2, 2) if text.endswith("00") else None


def as_date(text: str) -> date:
    """Return the date a valid YYMMDD stands for; a day of 00 is the last of its month.

    >>> as_date("270200")
    datetime.date(2027, 2, 28)
    """
    year, month, day = full_year(int(text[:2])), int(text[2:4]), int(text[4:6])
    return date(year, month, day or calendar.monthrange(year, month)[1])
