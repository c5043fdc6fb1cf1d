"""A recipe as a form: what stands in it, and a document made of what came back.

Plain fields, `s0.days`, `s0.t2.low`, so that it works without scripts: to add a stage or a range
there are empty rows, to take one away its code or its numbers are cleared.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import ValidationError

from sensors import QUANTITIES
from traceability.errors import BadValue
from traceability.recipes import Document, Stage

EMPTY_RANGES, EMPTY_STAGES = 2, 1
STAGE_FIELDS = ("code", "name", "name_ja", "days", "until", "by", "on", "hours", "above")
RANGE_FIELDS = ("quantity", "when", "low", "high")
WHEN = ("always", "day", "night")
# What a range can be asked of: no counters, no switches.
CHOICES = tuple(q.name for q in QUANTITIES.values() if not q.total and not q.state)


@dataclass(frozen=True, slots=True)
class StageRows:
    """One stage as the form shows it: its name in the form, its fields, its ranges."""

    key: str
    said: Mapping[str, str]
    ranges: tuple[tuple[str, Mapping[str, str]], ...]


def rows_of(document: Document | None, said: Mapping[str, str]) -> list[StageRows]:
    """Return the rows to show: as they were typed, else as the document says, and empty ones."""
    values = said if any(name.startswith("s0.") for name in said) else dict(_written(document))
    stages = max(_count(values, "s"), 1 if document is None else 0) + (0 if said else EMPTY_STAGES)
    return [_stage_rows(f"s{number}", values, bool(said)) for number in range(stages)]


def document_of(said: Mapping[str, str]) -> Document:
    """Return the recipe that a form says.

    Raises:
        BadValue: the first thing that cannot be; names its stage.
    """
    stages = [
        stage
        for number in range(_count(said, "s"))
        if (stage := _stage(said, f"s{number}")) is not None
    ]
    try:
        return Document.model_validate({"stages": stages, "source": said.get("source", "").strip()})
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        where = ".".join(str(p + 1 if isinstance(p, int) else p) for p in fault["loc"])
        raise BadValue(
            field=where or "stages",
            expected=fault["msg"].removeprefix("Value error, "),
            got="what stands there" if isinstance(fault["input"], dict) else fault["input"],
            next_step="correct it",
        ) from error


def _written(document: Document | None) -> Iterator[tuple[str, str]]:
    for number, stage in enumerate(document.stages if document else ()):
        yield from ((f"s{number}.{name}", text) for name, text in _fields(stage))
        for place, (quantity, when, low, high) in enumerate(_ranges(stage)):
            texts = (quantity, when, f"{low:g}", f"{high:g}")
            for name, text in zip(RANGE_FIELDS, texts, strict=True):
                yield f"s{number}.t{place}.{name}", text


def _fields(stage: Stage) -> Iterator[tuple[str, str]]:
    light = stage.light
    yield from (("code", stage.code), ("name", stage.name), ("name_ja", stage.name_ja))
    yield "days", "" if stage.days is None else f"{stage.days:g}"
    yield "until", stage.until or ""
    yield "by", light.by if light else ""
    yield "on", light.on.isoformat("minutes") if light and light.on else ""
    yield "hours", f"{light.hours:g}" if light and light.hours else ""
    yield "above", "" if light is None or light.above is None else f"{light.above:g}"


def _ranges(stage: Stage) -> Iterator[tuple[str, str, float, float]]:
    for quantity, wanted in stage.targets.items():
        for when in WHEN:
            pair = getattr(wanted, when)
            if pair is not None:
                yield quantity, when, *pair


def _stage_rows(key: str, values: Mapping[str, str], is_typed: bool) -> StageRows:
    ranges = _count(values, f"{key}.t") + (0 if is_typed else EMPTY_RANGES)
    return StageRows(
        key=key,
        said={name: values.get(f"{key}.{name}", "") for name in STAGE_FIELDS},
        ranges=tuple(
            (
                f"{key}.t{place}",
                {name: values.get(f"{key}.t{place}.{name}", "") for name in RANGE_FIELDS},
            )
            for place in range(ranges)
        ),
    )


def _count(values: Mapping[str, str], beginning: str) -> int:
    """Return how many numbered rows there are: one more than the highest number."""
    numbers = (
        name.removeprefix(beginning).split(".")[0] for name in values if name.startswith(beginning)
    )
    return max((int(n) + 1 for n in numbers if n.isdecimal() and len(n) < 4), default=0)


def _stage(said: Mapping[str, str], key: str) -> dict[str, Any] | None:
    text = {name: said.get(f"{key}.{name}", "").strip() for name in STAGE_FIELDS}
    if not text["code"]:
        return None
    stage: dict[str, Any] = {name: text[name] for name in ("code", "name", "name_ja")}
    if text["days"]:
        stage["days"] = _number(f"{key}.days", text["days"])
    if text["until"]:
        stage["until"] = text["until"]
    if text["by"]:
        stage["light"] = _light(key, text)
    return stage | {"targets": _targets(said, key)}


def _light(key: str, text: Mapping[str, str]) -> dict[str, Any]:
    if text["by"] == "clock":
        hours = _number(f"{key}.hours", text["hours"]) if text["hours"] else None
        return {"by": "clock", "on": text["on"] or None, "hours": hours}
    light: dict[str, Any] = {"by": text["by"]}
    if text["by"] == "ppfd" and text["above"]:
        light["above"] = _number(f"{key}.above", text["above"])
    return light


def _targets(said: Mapping[str, str], key: str) -> dict[str, dict[str, Any]]:
    targets: dict[str, dict[str, Any]] = {}
    for place in range(_count(said, f"{key}.t")):
        row = {name: said.get(f"{key}.t{place}.{name}", "").strip() for name in RANGE_FIELDS}
        if not row["quantity"] or not (row["low"] or row["high"]):
            continue
        wanted = targets.setdefault(row["quantity"], {})
        if row["when"] in wanted:
            raise BadValue(
                field=row["quantity"],
                expected="one range by day, one at night, or one for always",
                got="two of a kind",
                next_step="clear one of them",
            )
        wanted[row["when"]] = [
            _number(f"{key}.{row['quantity']}", row[bound]) for bound in ("low", "high")
        ]
    return targets


def _number(field: str, text: str) -> float:
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise BadValue(
            field=field, expected="a number", got=text or "nothing", next_step="correct it"
        )
    return float(number)
