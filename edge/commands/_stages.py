"""What a lot lived through, stage by stage, in words."""

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from edge.commands import _text
from edge.commands._desk import Desk
from sensors import QUANTITIES
from traceability import by_stage
from traceability.by_stage import StageLived
from traceability.lived import Condition
from traceability.models import Lot

_SINCE = {by_stage.HARVESTED: "after the cut", by_stage.PACKED: "packed: its cold chain"}


def shown(desk: Desk, lot: Lot, *, every_part: bool) -> str:
    """Return a lot's stages with what was measured in each, against its recipe.

    Day and night are told of what differs between them in the recipe, or of everything.
    """
    stages = by_stage.of_lot(desk.session, lot, now=desk.now)
    if desk.as_json:
        from api.v1.lived import StageOut

        return _text.as_json([StageOut.of(one).model_dump(mode="json") for one in stages])
    if not stages:
        return f"nothing is known of where lot {lot.code} was"
    zone = desk.time_zone(lot.site_id)
    parts = [list(_stage(one, zone, every_part=every_part)) for one in stages]
    return "\n\n".join("\n".join(part) for part in [[f"Lot {lot.code}"], *parts])


def _stage(one: StageLived, zone: ZoneInfo, *, every_part: bool) -> Iterator[str]:
    name = _text.name_of(one.stage) if one.is_growing and one.stage else _SINCE.get(one.code, "")
    recipe = f", recipe version {one.recipe.version}" if one.recipe else ""
    yield f"{name or one.code} ({', '.join(_codes(one))}{recipe})"
    span = f"{_text.local(one.start, zone)} to {_text.local(one.end, zone)}"
    places = ", ".join(dict.fromkeys(_text.name_of(each.zone) for each in one.spans))
    where = f", in {places}" if places else ", where is not known"
    yield f"{span} ({_text.duration(one.end - one.start)}){where}"
    told = [each for each in one.conditions if every_part or not each.part or _differs(one, each)]
    if told:
        header = ("quantity", "unit", "when", "min", "mean", "max", "in range", "measured")
        yield from _text.table(header, map(_row, told), numbers=(3, 4, 5, 7))
    else:
        yield "nothing was measured there in that time"
    if one.not_measured:
        yield from _text.filled(f"wanted, and not measured: {', '.join(one.not_measured)}")
    yield from _gaps(one, zone)


def _differs(stage: StageLived, one: Condition) -> bool:
    wanted = stage.stage.targets.get(one.quantity) if stage.stage else None
    return wanted is not None and wanted.by_part


def _codes(one: StageLived) -> Sequence[str]:
    codes = [lot.code for lot in one.lots]
    return codes if len(codes) <= 3 else [*codes[:2], f"{len(codes) - 2} more"]


def _row(one: Condition) -> tuple[str, ...]:
    within = ""
    if one.in_range is not None:
        wanted = "" if one.target is None else f" of {one.target[0]:g}-{one.target[1]:g}"
        within = f"{one.in_range:.0%}{wanted}"
    numbers = (f"{value:.4g}" for value in (one.low, one.mean, one.high))
    unit = QUANTITIES[one.quantity].unit
    return (_short(one.quantity), unit, one.part or "", *numbers, within, f"{one.covered:.0%}")


def _short(quantity: str) -> str:
    """Eighty columns: the two long names of the air by what growers call them."""
    return {"vapour_pressure_deficit": "vpd", "relative_humidity": "humidity"}.get(
        quantity, quantity
    )


def _gaps(one: StageLived, zone: ZoneInfo) -> Iterator[str]:
    """Say the longest stretch in which nothing was heard, and how many there were."""
    gaps = {gap for c in one.conditions if not c.derived_from for gap in c.gaps}
    if not gaps:
        return
    longest = max(gaps, key=lambda gap: gap.end - gap.start)
    span = f"{_text.local(longest.start, zone)} to {_text.local(longest.end, zone)}"
    many = f"{len(gaps)} gaps, the longest" if len(gaps) > 1 else "a gap"
    yield f"{many} in {longest.zone}: {span} ({_text.duration(longest.end - longest.start)})"
