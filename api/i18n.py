"""Languages: English is the source text, Japanese is read from `locale/ja.po` at start.

No compiled catalogue is kept. `Reader` is one reader's language: it says words, numbers and times
the way that reader writes them, always in the site's local time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time, format_timedelta
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

LANGUAGES = ("en", "ja")
LOCALE_FOLDER = Path(__file__).parent / "locale"
# How a date with its weekday is written; Babel has no form without a year of its own.
_DAY_PATTERN = {"en": "EEE d MMM", "ja": "M月d日(EEE)"}


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Return message -> translation; English, being the source, needs none."""
    path = LOCALE_FOLDER / f"{language}.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        messages = read_po(file, locale=language)
    return {
        str(message.id): str(message.string)
        for message in messages
        if message.id and message.string and not message.fuzzy
    }


@dataclass(frozen=True, slots=True)
class Reader:
    """One reader's language."""

    language: str
    words: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, language: str) -> "Reader":
        return cls(language, catalogue(language))

    def __call__(self, text: str, **facts: object) -> str:
        """Say it in the reader's language; facts fill the {names} in it."""
        said = self.words.get(text, text)
        return said.format(**facts) if facts else said

    def said(self, text: object) -> str:
        """Translate a fact of an error where the catalogue has it; leave it as it is where not."""
        return self.words.get(str(text), str(text))

    def name(self, row: object) -> str:
        """Return a row's name: the Japanese one for Japanese readers, where there is one."""
        if self.language == "ja":
            japanese = getattr(row, "name_ja", "") or getattr(row, "ja", "")
            if japanese:
                return str(japanese)
        known = (getattr(row, name, "") for name in ("en", "name", "code"))
        return next((str(one) for one in known if one), "")

    def number(self, value: float, digits: int = 0) -> str:
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return str(format_decimal(value, pattern, locale=self.language))

    def range(self, pair: tuple[float, float] | None) -> str:
        """Return a range with as many digits as it needs; a dash where there is none."""
        if pair is None:
            return "–"
        return "–".join(self.number(v, max(0, len(f"{v:g}".partition(".")[2]))) for v in pair)

    def percent(self, share: float) -> str:
        """Return a share of 0 to 1 as whole percent; only all is 100."""
        shown = 99 if 0.99 < share < 1 else round(share * 100)
        return f"{shown} %"

    def weight(self, grams: int | None) -> str:
        """Return grams, from a kilogram on as kilograms."""
        if grams is None:
            return "–"
        if grams >= 1000:
            return f"{self.number(grams / 1000, 0 if grams % 1000 == 0 else 1)} kg"
        return f"{self.number(grams)} g"

    def pieces(self, count: int | None) -> str:
        _ = self
        return "–" if count is None else _("{count} pcs", count=self.number(count))

    def amount(self, pieces: int | None, weight_g: int | None) -> str:
        said = []
        if pieces is not None:
            said.append(self.pieces(pieces))
        if weight_g is not None:
            said.append(self.weight(weight_g))
        return " · ".join(said) or "–"

    def full(self, day: date) -> str:
        style = "long" if self.language == "ja" else "medium"
        return str(format_date(day, style, locale=self.language))

    def short(self, day: date) -> str:
        """Return a day of this season, with its weekday and without its year."""
        return str(format_date(day, _DAY_PATTERN[self.language], locale=self.language))

    def moment(self, at: datetime, zone: str) -> str:
        local = at.astimezone(ZoneInfo(zone))
        clock = format_time(local, "HH:mm", locale=self.language)
        if local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset():
            clock += local.isoformat()[-6:]  # the hour that the clock showed twice
        return f"{self.full(local.date())} {clock}"

    def clock(self, at: datetime, zone: str) -> str:
        return str(format_datetime(at.astimezone(ZoneInfo(zone)), "HH:mm", locale=self.language))

    def duration(self, span: timedelta) -> str:
        """Return a span in hours and minutes: "6 h 12 min"."""
        minutes = round(span.total_seconds() / 60)
        hours, rest = divmod(minutes, 60)
        _ = self
        if not hours:
            return _("{minutes} min", minutes=rest)
        if not rest:
            return _("{hours} h", hours=hours)
        return _("{hours} h {minutes} min", hours=hours, minutes=rest)

    def age(self, span: timedelta) -> str:
        """Return how long ago, in one unit: "3 minutes"."""
        return str(format_timedelta(span, locale=self.language, threshold=1.2))
