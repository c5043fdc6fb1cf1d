"""A recipe as it is written: stages in order, each with what the crop wants while it lasts.

The same shape comes from a TOML file, over HTTP and from a page; it is checked here once. Targets
are in the unit of `sensors.QUANTITIES`. Day and night are told by the clock of the site, by the
state of the zone's lamps, or by its light.
"""

from collections.abc import Iterator, Mapping
from datetime import time, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_serializer,
    model_validator,
)

from sensors import QUANTITIES

Part = Literal["day", "night"]
PARTS: tuple[Part, Part] = ("day", "night")
Low = float
High = float
# What of a lot's acts may end a stage.
Ending = Literal["transplant", "move", "harvest"]
MOST_STAGES = 20
# Dawn, moonlight and a torch stay below. [µmol/m²/s]
LIT_FROM = 10.0


def _range(value: object) -> object:
    """Refuse in a person's words what is not two numbers in order."""
    if (
        not isinstance(value, (list, tuple))
        or len(value) != 2
        or not all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in value)
        or not value[0] < value[1]
    ):
        msg = "two numbers, the lower one first, such as [18, 24]"
        raise ValueError(msg)
    return tuple(value)


def _clock(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return time.fromisoformat(value)
    except ValueError as error:
        msg = 'a time of day, such as "05:30"'
        raise ValueError(msg) from error


def _quarter(value: time) -> time:
    if value.minute % 15 or value.second or value.microsecond or value.tzinfo:
        msg = 'a quarter hour on the site\'s clock, such as "05:15"'
        raise ValueError(msg)
    return value


Range = Annotated[tuple[Low, High], BeforeValidator(_range)]
Clock = Annotated[time, BeforeValidator(_clock), AfterValidator(_quarter)]


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Light(_Written):
    """When it is day: `on` and `hours` by the clock, else while lamps are on or light is there."""

    by: Literal["clock", "lamp", "ppfd"] = "clock"
    on: Clock | None = None
    hours: Annotated[float, Field(gt=0, lt=24, multiple_of=0.25)] | None = None
    above: Annotated[float, Field(ge=0, le=2500)] | None = None  # µmol/m²/s, for `ppfd`

    @model_validator(mode="after")
    def _is_told(self) -> Self:
        if self.by == "clock" and (self.on is None or self.hours is None):
            msg = 'when the lights go on and for how long: { on = "05:00", hours = 16 }'
            raise ValueError(msg)
        return self

    @property
    def threshold(self) -> float:
        """Above it is day. [µmol/m²/s]"""
        return LIT_FROM if self.above is None else self.above

    @field_serializer("on")
    def _hour_and_minute(self, value: time | None) -> str | None:
        return None if value is None else value.isoformat("minutes")


class Wanted(_Written):
    """The range of one quantity: always the same, or by day and by night."""

    always: Range | None = None
    day: Range | None = None
    night: Range | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_range_is_always(cls, value: object) -> object:
        return {"always": value} if isinstance(value, (list, tuple)) else value

    @model_validator(mode="after")
    def _is_said(self) -> Self:
        by_part = self.day is not None or self.night is not None
        if (self.always is not None) is by_part:
            msg = "one range, or { day = [20, 24], night = [17, 20] }"
            raise ValueError(msg)
        return self

    @property
    def by_part(self) -> bool:
        return self.always is None

    def at(self, part: Part | None) -> tuple[Low, High] | None:
        """Return the range by day or by night; None where none is said, or the part is unknown."""
        if self.always is not None or part is None:
            return self.always
        return self.day if part == "day" else self.night

    def ranges(self) -> Iterator[tuple[Low, High]]:
        yield from (one for one in (self.always, self.day, self.night) if one is not None)


class Stage(_Written):
    """A part of a crop's life. It lasts `days`, or to the act `until`; then `days` is the plan."""

    code: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
    name: Annotated[str, Field(max_length=200)] = ""
    name_ja: Annotated[str, Field(max_length=200)] = ""
    days: Annotated[float, Field(gt=0, le=3650)] | None = None
    until: Ending | None = None
    light: Light | None = None
    targets: dict[str, Wanted] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _named_by_its_code(cls, value: Any) -> Any:
        if isinstance(value, Mapping) and not value.get("name"):
            return {**value, "name": str(value.get("code", ""))}
        return value

    @model_validator(mode="after")
    def _can_be_judged(self) -> Self:
        for quantity, wanted in self.targets.items():
            _refuse_unmeasurable(quantity, wanted)
            if wanted.by_part and self.light is None:
                msg = (
                    f"`light` in stage {self.code}, because {quantity} differs by day and night: "
                    'light = { on = "05:00", hours = 16 }'
                )
                raise ValueError(msg)
            if wanted.by_part and quantity == "dli":
                msg = "one range for dli: it is the light of a whole day"
                raise ValueError(msg)
        return self

    @property
    def lasts(self) -> timedelta | None:
        """How long it lasts by itself; None where an act ends it."""
        return None if self.days is None or self.until is not None else timedelta(days=self.days)

    @property
    def plan(self) -> timedelta | None:
        return None if self.days is None else timedelta(days=self.days)


class Document(_Written):
    """A whole recipe. The last stage lasts until the lot is gone."""

    stages: Annotated[tuple[Stage, ...], Field(min_length=1, max_length=MOST_STAGES)]
    source: Annotated[str, Field(max_length=4000)] = ""  # a book, a trial, a grower

    @model_validator(mode="after")
    def _stages_follow_each_other(self) -> Self:
        codes = [stage.code for stage in self.stages]
        twice = next((code for code in codes if codes.count(code) > 1), None)
        if twice is not None:
            msg = f"every stage with its own code, not {twice} twice"
            raise ValueError(msg)
        endless = next((s for s in self.stages[:-1] if s.days is None and s.until is None), None)
        if endless is not None:
            msg = f"`days` or `until` in stage {endless.code}: only the last one may go on"
            raise ValueError(msg)
        return self

    def stage(self, code: str) -> Stage | None:
        return next((stage for stage in self.stages if stage.code == code), None)

    def body(self) -> dict[str, Any]:
        """Return it as the JSON that is stored and compared; what was not said is not in it."""
        return self.model_dump(mode="json", exclude_none=True)


def one_stage(targets: Mapping[str, tuple[Low, High]]) -> Document:
    """Return the recipe of a crop that wants the same all its life."""
    wanted = {quantity: Wanted(always=pair) for quantity, pair in targets.items()}
    return Document(stages=(Stage(code="growing", name="Growing", name_ja="栽培", targets=wanted),))


def always_of(document: Document) -> dict[str, tuple[Low, High]] | None:
    """Return the ranges of a one-stage recipe; None where it says more than that."""
    (first, *more) = document.stages
    if more or any(wanted.by_part for wanted in first.targets.values()):
        return None
    return {q: wanted.always for q, wanted in first.targets.items() if wanted.always is not None}


def _refuse_unmeasurable(quantity: str, wanted: Wanted) -> None:
    row = QUANTITIES.get(quantity)
    if row is None or row.total:
        known = ", ".join(q.name for q in QUANTITIES.values() if not q.total)
        msg = f"a quantity that can stay in a range, not {quantity!r}: one of {known}"
        raise ValueError(msg)
    for low, high in wanted.ranges():
        if not row.low <= low < high <= row.high:
            can = f"{quantity} within {row.low:g} to {row.high:g} {row.unit}"
            msg = f"{can}, not {low:g} to {high:g}"
            raise ValueError(msg)
