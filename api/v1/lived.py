"""What was lived through, as JSON: quantities, light, warmth, and all of it stage by stage."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from sensors import QUANTITIES
from traceability import by_stage, conditions


class SpanOut(BaseModel):
    zone: str
    start: datetime
    end: datetime

    @classmethod
    def all(cls, spans: Sequence[conditions.Span]) -> list[Self]:
        return [cls(zone=one.zone.code, start=one.start, end=one.end) for one in spans]


class GapOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    zone: str
    start: datetime
    end: datetime


class ConditionOut(BaseModel):
    """One quantity, in its unit; shares are 0 to 1 and speak of the measured time only."""

    quantity: str
    unit: str
    mean: float
    low: float
    high: float
    target: tuple[float, float] | None
    in_range: float | None
    covered: float
    uncertain: float
    readings: int
    gaps: list[GapOut]
    derived_from: list[str]  # empty: measured itself; else computed from these of one probe
    part: Literal["day", "night"] | None = Field(description="by day or at night; null: always")
    judged_s: float = Field(description="seconds measured while a range was wanted")

    @classmethod
    def of(cls, one: conditions.Condition) -> Self:
        facts = {name: getattr(one, name) for name in cls.model_fields if name != "unit"}
        unit = QUANTITIES[one.quantity].unit
        return cls.model_validate(facts | {"unit": unit}, from_attributes=True)


class DayLightOut(BaseModel):
    day: date
    mol: float
    covered: float

    @classmethod
    def all(cls, days: Sequence[conditions.DayLight]) -> list[Self]:
        return [cls.model_validate(day, from_attributes=True) for day in days]


class DegreeDaysOut(BaseModel):
    """Growing degree days [°C·d] above `base_c`; `clipping` says how, for three are in use."""

    model_config = ConfigDict(from_attributes=True)

    total: float
    base_c: float
    clipping: str
    days: int
    missing_days: int


class StageOut(BaseModel):
    """One stage of a lot's life, over all the lots it was lived through as (`lots`).

    `code` is the recipe's, or `harvested` (cut, not yet packed) or `packed` (its own cold chain).
    `not_measured` is what the recipe wants and no probe told.
    """

    code: str
    name: str
    name_ja: str
    recipe_version: int | None
    lots: list[str]
    start: datetime
    end: datetime
    spans: list[SpanOut]
    quantities: list[ConditionOut]
    daily_light: list[DayLightOut]
    not_measured: list[str]

    @classmethod
    def of(cls, one: by_stage.StageLived) -> Self:
        return cls(
            code=one.code,
            name=one.stage.name if one.stage else one.code,
            name_ja=one.stage.name_ja if one.stage else "",
            recipe_version=one.recipe.version if one.recipe else None,
            lots=[lot.code for lot in one.lots],
            start=one.start,
            end=one.end,
            spans=SpanOut.all(one.spans),
            quantities=[ConditionOut.of(condition) for condition in one.conditions],
            daily_light=DayLightOut.all(one.light),
            not_measured=one.not_measured,
        )


class ConditionsOut(BaseModel):
    spans: list[SpanOut]
    quantities: list[ConditionOut]
    daily_light: list[DayLightOut]
    degree_days: DegreeDaysOut | None  # null: the crop's base temperature is not said

    @classmethod
    def of(cls, lived: conditions.Conditions) -> Self:
        return cls(
            spans=SpanOut.all(lived.spans),
            quantities=[ConditionOut.of(one) for one in lived.quantities],
            daily_light=DayLightOut.all(lived.daily_light),
            degree_days=lived.degree_days and DegreeDaysOut.model_validate(lived.degree_days),
        )
