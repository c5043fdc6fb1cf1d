"""What people type, made into values: amounts, weights, counts, times, codes.

Each refusal is one sentence (BadValue) that says what would be right. Full-width digits and units,
as a Japanese keyboard gives them, are taken as what they mean.
"""

import math
import re
import unicodedata
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import click

from edge.settings import CODE_PATTERN
from forecasting import FURTHEST_WEEKS
from sensors import QUANTITIES
from traceability.amounts import LARGEST, Amount
from traceability.errors import BadValue

_WEIGHT = re.compile(r"(\d{1,10}(?:\.\d{1,9})?) ?(g|kg)", re.IGNORECASE)
_PIECES = re.compile(r"(\d{1,10}) ?(?:pcs?|pieces?|heads?|packs?|個|株|袋)", re.IGNORECASE)
_GRAMS = {"g": 1, "kg": 1000}
# Clocks of two machines differ by a little; a plan differs by more.
_AHEAD = timedelta(minutes=5)
# Before it time zones are guesses; a year below is a slip of the pen.
_FIRST_YEAR = 1970
# The last one leaves room for any zone.
_LAST_YEAR = 9998
_AMOUNT_EXPECTED = "pieces and/or a weight, such as 40pcs, 3.2kg or 40pcs,3200g"


def amount_of(text: str, *, field: str) -> Amount:
    """Return an amount from `40pcs`, `3.2kg` or both with a comma between."""
    plain = _plain(text)
    pieces = weight_g = None
    for word in (part.strip() for part in plain.split(",")):
        counted, weighed = _PIECES.fullmatch(word), _WEIGHT.fullmatch(word)
        if counted and pieces is None:
            pieces = int(counted[1])
        elif weighed and weight_g is None:
            weight_g = weight_of(word, field=field)
        else:
            raise BadValue(
                field=field,
                expected=_AMOUNT_EXPECTED,
                got=repr(text),
                next_step="write the number with its unit",
            )
    return Amount(pieces, weight_g)


def weight_of(text: str, *, field: str) -> int:
    """Return whole grams from `3200g` or `3.2kg`; a bare number could be either, so it is not."""
    match = _WEIGHT.fullmatch(_plain(text))
    grams = Decimal(match[1]) * _GRAMS[match[2].lower()] if match else None
    if grams is None or grams != int(grams):
        raise BadValue(
            field=field,
            expected="a weight in whole grams, such as 3200g or 3.2kg",
            got=repr(text),
            next_step="write it with g or kg behind",
        )
    return int(grams)


def named_amount(text: str, *, field: str) -> tuple[str, Amount | None]:
    """Split `NAME=AMOUNT`; without an amount behind the last `=`, all of it is the name."""
    name, sign, amount = text.rpartition("=")
    if not sign or not _looks_like_amount(amount):
        return text, None
    return name, amount_of(amount, field=field)


def time_of(
    text: str | None, *, zone: ZoneInfo, now: datetime, option: str = "--at", to_come: bool = False
) -> datetime:
    """Return the UTC time of an ISO text; without an offset it is the site's local time.

    Args:
        option: what was typed, by whose name a wrong time is refused.
        to_come: a plan, which may lie ahead; what was done may not.

    Raises:
        BadValue: no ISO time, one the site's clock never or twice showed, or one still to come.
    """
    if text is None:
        return now
    wrong = partial(_bad_time, option, text)
    try:
        read = datetime.fromisoformat(_plain(text))
    except ValueError as error:
        raise wrong("an ISO time such as 2026-11-23T09:00 or 2026-11-23") from error
    if not _FIRST_YEAR <= read.year <= _LAST_YEAR:
        raise wrong(f"a year from {_FIRST_YEAR} to {_LAST_YEAR}")
    if read.tzinfo is None and not _shown_once(read, zone):
        expected = f"a time that clocks in {zone.key} showed once"
        raise wrong(expected, step="write the offset too, as in 02:30+01:00")
    at = (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)
    if at > now + _AHEAD and not to_come:
        # Nothing is asked of days to come, and nothing was done on them.
        step = "record it once it has happened" if option == "--at" else "leave it out for now"
        raise wrong("a time that has been", step=step)
    return at


class Count(click.ParamType[int]):
    """A whole number from `least`."""

    name = "number"

    def __init__(self, least: int = 1) -> None:
        self.least = least

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        plain = _plain(str(value))
        if not re.fullmatch(r"[0-9]{1,10}", plain) or not self.least <= int(plain) <= LARGEST:
            raise BadValue(
                field=field_of(param),
                expected=f"a whole number from {self.least} to {LARGEST}",
                got=repr(value),
                next_step="correct the number",
            )
        return int(plain)


class Weeks(Count):
    """How far ahead, in weeks."""

    name = "weeks"
    furthest = FURTHEST_WEEKS

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        weeks = super().convert(value, param, ctx)
        if weeks > self.furthest:
            raise BadValue(
                field=field_of(param),
                expected=f"1 to {self.furthest} weeks",
                got=weeks,
                next_step="nobody knows a harvest further ahead",
            )
        return weeks


class Number(click.ParamType[float]):
    """A number that may have decimals."""

    name = "number"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        try:
            return float(_plain(str(value)))
        except ValueError as error:
            raise BadValue(
                field=field_of(param),
                expected="a number such as 85 or 0.25",
                got=repr(value),
                next_step="the unit goes into --unit",
            ) from error


class Weight(click.ParamType[int]):
    """Whole grams, written with g or kg; `least` 0 where nothing is an answer, too."""

    name = "weight"

    def __init__(self, *, least: int = 1) -> None:
        self._least = least

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        grams = value if isinstance(value, int) else weight_of(value, field=field_of(param))
        if not self._least <= grams <= LARGEST:
            raise BadValue(
                field=field_of(param),
                expected=f"{self._least} g to {LARGEST} g",
                got=value,
                next_step="weigh it again",
            )
        return grams


class Quantity(click.ParamType[Amount]):
    """Pieces and/or a weight."""

    name = "amount"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Amount:
        return value if isinstance(value, Amount) else amount_of(value, field=field_of(param))


class Code(click.ParamType[str]):
    """A code of master data: it goes into addresses and file names unquoted."""

    name = "code"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not re.match(CODE_PATTERN, value):
            raise BadValue(
                field=field_of(param),
                expected="letters, digits and . _ - and a letter or digit first",
                got=repr(value),
                next_step="choose a short code; the name may hold anything",
            )
        return str(value)


class OneOf(click.ParamType[str]):
    """One of a few words."""

    name = "word"

    def __init__(self, words: tuple[str, ...]) -> None:
        self.words = words

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return "[" + "|".join(self.words) + "]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in self.words:
            raise BadValue(
                field=field_of(param),
                expected=f"one of {', '.join(self.words)}",
                got=repr(value),
                next_step="choose one of them",
            )
        return str(value)


class Range(click.ParamType[tuple[str, tuple[float, float]]]):
    """`quantity=low..high`, in the quantity's own unit."""

    name = "quantity=low..high"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, tuple[float, float]]:
        name, _, span = str(value).partition("=")
        if name not in QUANTITIES:
            raise BadValue(
                field=field_of(param),
                expected=f"one of {', '.join(QUANTITIES)}",
                got=repr(name),
                next_step="write it as air_temperature=18..24",
            )
        written = "air_temperature=18..24"
        return name, _limits(span, param, unit=QUANTITIES[name].unit, written=written)


class Celsius(click.ParamType[tuple[float, float]]):
    """`low..high` in degrees: what something is kept at."""

    name = "low..high"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float]:
        return _limits(str(value), param, unit="°C", written="1..5")


class ActId(click.ParamType[str]):
    """A UUID, as it was given where the act happened."""

    name = "uuid"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return str(uuid.UUID(value))
        except ValueError as error:
            raise BadValue(
                field=field_of(param),
                expected="a UUID such as 0197a3c0-6f1e-7c3a-9b1e-2f4d5a6b7c8d",
                got=repr(value),
                next_step=(
                    "copy it whole"
                    if param is not None and param.required
                    else "leave it out and one is made, or copy it whole"
                ),
            ) from error


def _limits(
    span: str, param: click.Parameter | None, *, unit: str, written: str
) -> tuple[float, float]:
    low, _, high = _plain(span).partition("..")
    try:
        limits = float(low), float(high)
    except ValueError:
        limits = math.nan, math.nan
    if not limits[0] < limits[1]:
        raise BadValue(
            field=field_of(param),
            expected=f"a lower and a higher number [{unit}]",
            got=repr(span),
            next_step=f"write it as {written}",
        )
    return limits


def field_of(param: click.Parameter | None) -> str:
    """Return what the reader typed it behind: `--weight`, or the argument's name."""
    if param is None:
        return "argument"
    return param.opts[-1] if param.param_type_name == "option" else str(param.human_readable_name)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _looks_like_amount(text: str) -> bool:
    first = _plain(text).split(",")[0].strip()
    return bool(_PIECES.fullmatch(first) or _WEIGHT.fullmatch(first))


def _shown_once(read: datetime, zone: ZoneInfo) -> bool:
    first, second = (read.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return first == second


def _bad_time(
    option: str, text: str, expected: str, *, step: str = "write it so, with or without +09:00"
) -> BadValue:
    return BadValue(field=option, expected=expected, got=repr(text), next_step=step)
