"""Equipment as a band over time: on, off, and where nobody knows. Geometry, no inline style."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from markupsafe import Markup

from traceability.states import Run

WIDTH, HEIGHT = 1000, 24


def band(runs: Sequence[Run], start: datetime, end: datetime) -> Markup:
    """Draw runs for `<svg viewBox="0 0 1000 24">`: full height is on, a half-open vent half."""
    return Markup("").join(_parts(runs, start, end))


def _parts(runs: Sequence[Run], start: datetime, end: datetime) -> Iterator[Markup]:
    known_to = start
    for run in runs:
        if run.start > known_to:
            yield _rect("unknown", _x(known_to, start, end), _x(run.start, start, end), 1.0)
        left, right = _x(run.start, start, end), _x(run.end, start, end)
        yield _rect("off", left, right, 1.0)
        if run.is_on:
            yield _rect("on", left, right, run.value)
        known_to = max(known_to, run.end)
    if known_to < end:
        yield _rect("unknown", _x(known_to, start, end), WIDTH, 1.0)


def _x(at: datetime, start: datetime, end: datetime) -> float:
    return min(1.0, max(0.0, (at - start) / (end - start))) * WIDTH


def _rect(kind: str, left: float, right: float, share: float) -> Markup:
    height = max(2.0, HEIGHT * min(1.0, share))
    return Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>').format(
        kind,
        round(left, 1),
        round(HEIGHT - height, 1),
        # A pump that ran for a second in a day is still seen.
        round(max(1.5 if kind == "on" else 0.0, right - left), 1),
        round(height, 1),
    )
