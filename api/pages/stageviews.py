"""A lot's stages as its page shows them: what was measured, how much of it in range, what not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from api import words
from api.digits import DIGITS
from api.i18n import Reader
from sensors import QUANTITIES
from traceability import by_stage
from traceability.by_stage import StageLived
from traceability.lived import Condition, Gap


@dataclass(frozen=True, slots=True)
class Row:
    """One quantity in one stage, all the time or by day or night.

    `share` is 0 to 1, None where nothing was wanted; `share_text` says it, so that no colour
    has to.
    """

    label: str
    part: str
    unit: str
    mean: str
    extremes: str
    wanted: str
    share: float | None
    share_text: str
    measured: str
    is_gappy: bool


@dataclass(frozen=True, slots=True)
class StageView:
    name: str
    version: int | None
    lots: Sequence[str]
    when: str
    places: Sequence[str]
    rows: Sequence[Row]
    gap: str  # the longest
    not_measured: Sequence[str]


def views_of(reader: Reader, stages: Sequence[StageLived], zone: str) -> list[StageView]:
    return [_view(reader, one, zone) for one in stages]


def named(reader: Reader, stage: StageLived) -> str:
    if stage.is_growing and stage.stage is not None:
        return reader.name(stage.stage)
    return words.since_the_cut(reader).get(stage.code) or words.stages(reader)["growing"]


def _view(reader: Reader, stage: StageLived, zone: str) -> StageView:
    return StageView(
        name=named(reader, stage),
        version=stage.recipe.version if stage.recipe else None,
        lots=[lot.code for lot in stage.lots],
        when=f"{reader.moment(stage.start, zone)} – {reader.moment(stage.end, zone)}",
        places=list(dict.fromkeys(reader.name(span.zone) for span in stage.spans)),
        rows=list(_rows(reader, stage)),
        gap=_gap(reader, stage, zone),
        not_measured=[reader.name(QUANTITIES[name]) for name in stage.not_measured],
    )


def _rows(reader: Reader, stage: StageLived) -> Iterator[Row]:
    """Day and night are shown where the recipe tells them apart, and of the temperature."""
    for one in stage.conditions:
        wanted = stage.stage.targets.get(one.quantity) if stage.stage else None
        by_part = wanted is not None and wanted.by_part
        if one.part is None or by_part or one.quantity == "air_temperature":
            yield _row(reader, one)


def _row(reader: Reader, one: Condition) -> Row:
    quantity, digits = QUANTITIES[one.quantity], DIGITS.get(one.quantity, 1)
    low, high = reader.number(one.low, digits), reader.number(one.high, digits)
    share = one.in_range
    return Row(
        label=reader.name(quantity),
        part=words.parts_of_day(reader)[one.part] if one.part else "",
        unit=quantity.unit,
        mean=reader.number(one.mean, digits),
        extremes=f"{low}–{high}",
        wanted="" if one.target is None else reader.range(one.target),
        share=share,
        share_text="" if share is None else reader.percent(share),
        measured=reader.percent(one.covered),
        is_gappy=one.covered < by_stage.WHOLE_DAY,
    )


def _gap(reader: Reader, stage: StageLived, zone: str) -> str:
    gaps: set[Gap] = {gap for one in stage.conditions for gap in one.gaps}
    if not gaps:
        return ""
    _, longest = reader, max(gaps, key=lambda gap: gap.end - gap.start)
    return _(
        "Nothing was heard from {start} to {end}; such gaps: {count}.",
        start=reader.moment(longest.start, zone),
        end=reader.moment(longest.end, zone),
        count=len(gaps),
    )
