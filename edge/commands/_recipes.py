"""Recipes in words: the list, one version stage by stage, and what came of an import."""

from collections.abc import Iterator, Sequence

from edge.commands import _text
from edge.commands._desk import Desk
from sensors import QUANTITIES
from traceability import recipes
from traceability.models import Crop, Recipe
from traceability.recipes import Light, Stage, Wanted


def listed(desk: Desk, crops: Sequence[Crop]) -> str:
    """Return the newest version of every crop, as a table or as JSON."""
    newest = [(crop, recipes.newest_of(desk.session, crop)) for crop in crops]
    found = [(crop, row) for crop, row in newest if row is not None]
    if desk.as_json:
        return _text.as_json([as_facts(crop, row) for crop, row in found])
    if not found:
        return "none yet; `minori catalogue recipe import FILE.toml` reads one"
    zone = desk.settings.zone_info
    rows = [
        (
            crop.code,
            str(row.version),
            _text.local(row.since, zone)[:10],
            row.made_by,
            ", ".join(stage.code for stage in recipes.document_of(row).stages),
        )
        for crop, row in found
    ]
    return "\n".join(_text.table(("crop", "version", "since", "by", "stages"), rows))


def shown(desk: Desk, crop: Crop, row: Recipe) -> str:
    """Return one version whole: who, why, since when, and every stage with its ranges."""
    if desk.as_json:
        return _text.as_json(as_facts(crop, row))
    zone = desk.settings.zone_info
    document = recipes.document_of(row)
    head = [
        f"Recipe of {crop.code} ({_text.name_of(crop)}), version {row.version}",
        f"for lots sown from {_text.local_with_zone(row.since, zone)} on, by {row.made_by}",
        *_text.filled(row.why),
        *_text.filled(document.source and f"source: {document.source}"),
    ]
    parts = [head, *(list(_stage(number, one)) for number, one in enumerate(document.stages, 1))]
    others = [str(one.version) for one in recipes.history(desk.session, crop) if one.id != row.id]
    if others:
        parts.append([f"other versions: {', '.join(others)} (--version)"])
    return "\n\n".join("\n".join(part) for part in parts)


def as_facts(crop: Crop, row: Recipe) -> dict[str, object]:
    return {
        "crop": crop.code,
        "version": row.version,
        "since": row.since.isoformat(),
        "made_by": row.made_by,
        "why": row.why,
        "recorded_at": row.recorded_at.isoformat(),
        "recipe": row.body,
    }


def _stage(number: int, stage: Stage) -> Iterator[str]:
    yield f"{number}. {_text.name_of(stage)} ({stage.code}): {_how_long(stage)}"
    if stage.light is not None:
        yield f"   {_day(stage.light)}"
    rows = [_row(quantity, wanted) for quantity, wanted in stage.targets.items()]
    if rows:
        yield from (f"   {line}" for line in _text.table(("quantity", "unit", "range", ""), rows))


def _how_long(stage: Stage) -> str:
    days = "" if stage.days is None else f"{stage.days:g} days"
    if stage.until is None:
        return days or "to the end"
    return f"to the {stage.until}" + (f", planned after {days}" if days else "")


def _day(light: Light) -> str:
    if light.by == "clock":
        assert light.on is not None
        return f"day from {light.on.isoformat('minutes')} for {light.hours:g} h"
    if light.by == "lamp":
        return "day while the lamps are on"
    return f"day while PPFD is above {light.threshold:g} µmol/m²/s"


def _row(quantity: str, wanted: Wanted) -> tuple[str, str, str, str]:
    unit = QUANTITIES[quantity].unit
    if wanted.always is not None:
        return quantity, unit, _range(wanted.always), ""
    day = f"day {_range(wanted.day)}" if wanted.day else ""
    night = f"night {_range(wanted.night)}" if wanted.night else ""
    return quantity, unit, day, night


def _range(one: tuple[float, float]) -> str:
    return f"{one[0]:g}-{one[1]:g}"
