"""What nobody measured: VPD of air and leaf, 飽差 in g/m³, dew point, absolute humidity, EC25.

All of it follows from values of one moment (`traceability.together`): temperature and humidity of
one probe; a leaf's temperature with the air of its zone; conductivity with its water's temperature.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from sensors import to_ms
from sensors.air import leaf_vapour_pressure_deficit
from sensors.derived import OF_AIR
from sensors.water import ec25
from traceability.lived import Condition, Span
from traceability.models import Device
from traceability.together import Formula, moments, moments_by, summarised
from traceability.windows import Window, windows_of

SOURCES = ("air_temperature", "relative_humidity")

Target = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Bucket:
    """Lowest, time-weighted mean and highest of a stretch that begins at `start_ms`."""

    start_ms: int
    mean: float
    low: float
    high: float


def conditions_of(
    session: Session,
    windows: Sequence[Window],
    spans: Sequence[Span],
    *,
    quantities: Sequence[str],
    targets: Mapping[str, Target],
) -> list[Condition]:
    """Return those quantities over all spans, where some probe measured both sources."""
    paired = [moments(session, pair) for pair in of_one_probe(windows)]
    heard = [one for one in paired if one.rows]
    found = [
        summarised(
            heard,
            OF_AIR[name],
            name,
            target=targets.get(name),
            total_ms=_length_ms(spans),
            sources=SOURCES,
        )
        for name in quantities
    ]
    return [condition for condition in found if condition is not None]


def leaves(session: Session, spans: Sequence[Span]) -> dict[str, Condition]:
    """Return the VPD of each leaf thermometer's leaf, by device, with the air of its zone."""
    windows = windows_of(session, spans)
    air = list(of_one_probe(windows))
    found: dict[str, Condition] = {}
    for leaf in windows:
        around = next((pair for pair in air if pair[0].span == leaf.span), None)
        if leaf.series.quantity == "leaf_temperature" and around is not None:
            sources = (leaf, *around)
            name = "vapour_pressure_deficit"
            found |= _one(session, sources, leaf_vapour_pressure_deficit, name, spans)
    return found


def compensated_ec(
    session: Session, spans: Sequence[Span], devices: Sequence[str]
) -> dict[str, Condition]:
    """Return the EC at 25 °C of those probes, which do not compensate themselves.

    What other probes say is EC at 25 °C already, and is never compensated twice.
    """
    windows = windows_of(session, spans)
    water = [w for w in windows if w.series.quantity == "water_temperature"]
    found: dict[str, Condition] = {}
    for probe in windows:
        near = [w for w in water if w.span == probe.span]
        # Its own thermometer, else another one in the zone's water.
        near.sort(key=lambda w: w.series.device_id != probe.series.device_id)
        if probe.series.quantity == "ec" and near and _code(session, probe) in devices:
            found |= _one(session, (probe, near[0]), _ec25, "ec", spans)
    return found


def course(
    session: Session, windows: Sequence[Window], quantity: str, *, start_ms: int, width_ms: int
) -> Iterator[Bucket]:
    """Return one quantity in stretches of `width_ms` from `start_ms`, one run a probe."""
    for pair in of_one_probe(windows):
        found: dict[int, list[tuple[float, float]]] = {}
        for number, moment in moments_by(session, pair, start_ms=start_ms, width_ms=width_ms):
            value = OF_AIR[quantity](*moment.values)
            if value is not None:
                found.setdefault(number, []).append((value, moment.held))
        for number, weighed in sorted(found.items()):
            yield _bucket(start_ms + number * width_ms, weighed)


def of_one_probe(windows: Sequence[Window]) -> Iterator[tuple[Window, Window]]:
    """Match the temperature and the humidity of each probe while it stood in one place."""
    places: dict[tuple[Any, ...], dict[str, Window]] = {}
    for window in windows:
        series = window.series
        key = (window.span.start, window.start_ms, series.device_id, series.channel)
        places.setdefault(key, {})[series.quantity] = window
    for found in places.values():
        if all(source in found for source in SOURCES):
            yield found[SOURCES[0]], found[SOURCES[1]]


def _one(
    session: Session,
    windows: Sequence[Window],
    formula: Formula,
    quantity: str,
    spans: Sequence[Span],
) -> dict[str, Condition]:
    found = summarised(
        [moments(session, windows)],
        formula,
        quantity,
        target=None,
        total_ms=_length_ms(spans),
        sources=[window.series.quantity for window in windows],
    )
    return {} if found is None else {_code(session, windows[0]): found}


def _ec25(ec_ms_cm: float, temperature_c: float) -> float:
    return ec25(ec_ms_cm, temperature_c, compensated=False)


def _code(session: Session, window: Window) -> str:
    return session.get_one(Device, window.series.device_id).code


def _length_ms(spans: Sequence[Span]) -> int:
    return sum(to_ms(span.end) - to_ms(span.start) for span in spans)


def _bucket(start_ms: int, values: Sequence[tuple[float, float]]) -> Bucket:
    held = sum(weight for _, weight in values)
    plain = [value for value, _ in values]
    # The last value of a window may hold for no time at all.
    mean = sum(v * weight for v, weight in values) / held if held else sum(plain) / len(plain)
    return Bucket(start_ms, mean, min(plain), max(plain))
