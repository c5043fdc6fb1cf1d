"""Form fields: what is asked, and reading what came back; the site's clock, kilograms, codes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlmodel import Session, SQLModel

from api.i18n import Reader
from traceability.errors import BadValue, NotFound

_Row = TypeVar("_Row", bound=SQLModel)


@dataclass(frozen=True, slots=True)
class Field:
    """One question. `kind`: number, kg, text, choice, check or moment."""

    name: str
    label: str
    kind: str = "text"
    choices: Sequence[tuple[str, str]] = ()
    required: bool = True
    value: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class ActForm:
    kind: str
    title: str
    button: str
    fields: Sequence[Field]


@dataclass(frozen=True, slots=True)
class Answers:
    """What came back. Every reader of a value raises BadValue naming the field.

    `zone` is the IANA zone the moments were written in.
    """

    said: Mapping[str, str]
    zone: str

    def text(self, name: str) -> str:
        return self.said.get(name, "").strip()

    def checked(self, name: str) -> bool:
        return bool(self.text(name))

    def day(self, name: str) -> date:
        day = self.day_or_none(name)
        if day is None:
            raise _bad(name, expected="a day", got="nothing")
        return day

    def day_or_none(self, name: str) -> date | None:
        text = self.text(name)
        try:
            return date.fromisoformat(text) if text else None
        except ValueError as error:
            raise _bad(name, expected="a day", got=text) from error

    def whole(self, name: str) -> int:
        number = self.whole_or_none(name)
        if number is None:
            raise _bad(name, expected="a whole number", got="nothing")
        return number

    def whole_or_none(self, name: str) -> int | None:
        text = self.text(name).replace(",", "")
        if not text:
            return None
        try:
            return int(text)
        except ValueError as error:
            raise _bad(name, expected="a whole number", got=text) from error

    def number(self, name: str) -> float:
        return float(self._decimal(name, self.text(name)))

    def grams(self, name: str) -> int:
        """Return what was said in kilograms, as whole grams."""
        grams = self.grams_or_none(name)
        if grams is None:
            raise _bad(name, expected="a weight in kg", got="nothing")
        return grams

    def grams_or_none(self, name: str) -> int | None:
        text = self.text(name)
        return int((self._decimal(name, text) * 1000).to_integral_value()) if text else None

    def moment(self, name: str) -> datetime:
        """Return aware UTC of what the site's clock showed."""
        return self.moments(name)[0]

    def moments(self, name: str) -> tuple[datetime, datetime]:
        """Return what the site's clock may have meant: in the hour that it showed twice, two."""
        text = self.text(name)
        try:
            local = datetime.fromisoformat(text)
        except ValueError as error:
            raise _bad(name, expected="a date and a time", got=text or "nothing") from error
        if local.tzinfo is None:
            local = local.replace(tzinfo=ZoneInfo(self.zone))
        try:
            return local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)
        except OverflowError as error:  # the first or the last day there is, in a zone beside UTC
            raise _bad(name, expected="a date and a time", got=text) from error

    def row(self, session: Session, model: type[_Row], name: str) -> _Row:
        """Return the row whose id was chosen."""
        row = session.get(model, self.text(name))
        if row is None:
            what = str(model.__tablename__).replace("_", " ")
            raise NotFound(what=what, name=self.text(name), next_step="choose one from the list")
        return row

    def _decimal(self, name: str, text: str) -> Decimal:
        try:
            number = Decimal(text.replace(",", ""))
        except InvalidOperation as error:
            raise _bad(name, expected="a number", got=text or "nothing") from error
        if not number.is_finite():
            raise _bad(name, expected="a number", got=text)
        return number


def local_input(moment: datetime, zone: str) -> str:
    """Return a moment as a browser's date field takes it, by the site's clock."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")


def choices(reader: Reader, rows: Sequence[SQLModel]) -> list[tuple[str, str]]:
    return [(str(row.id), reader.name(row)) for row in rows]  # type: ignore[attr-defined]


def _bad(name: str, *, expected: str, got: str) -> BadValue:
    # What somebody typed is said as it was typed, be it a word of ours or not.
    said = got if got == "nothing" else repr(got)
    return BadValue(field=name, expected=expected, got=said, next_step="correct it and send again")
