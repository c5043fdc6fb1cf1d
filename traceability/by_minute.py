"""When of a lot's life only minutes are known here: its site was away for too long."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from sensors import utc_from_ms
from traceability import thinned
from traceability.lived import Span
from traceability.rollups import Stretch, merged
from traceability.windows import number_of, windows_of


def within(session: Session, spans: Sequence[Span]) -> list[tuple[datetime, datetime]]:
    """Return when some series of those places came by the minute, oldest first."""
    windows = windows_of(session, spans)
    known = thinned.of_series(session.connection(), {number_of(one.series) for one in windows})
    # All series together: what matters is when, not of which probe.
    found = [
        Stretch(0, max(start, window.start_ms), min(end, window.end_ms))
        for window in windows
        for start, end in known.get(number_of(window.series), ())
        if start < window.end_ms and window.start_ms < end
    ]
    return [(utc_from_ms(one.start_ms), utc_from_ms(one.end_ms)) for one in merged(found)]
