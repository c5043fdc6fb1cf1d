"""Spans as people type them: 30min, 2h, 1d."""

import re
import unicodedata
from datetime import timedelta

from traceability.errors import BadValue

_SPAN = re.compile(r"(\d{1,6}(?:\.\d{1,3})?) ?(min|m|h|d|分|時間|日)")
_MINUTES = {"min": 1, "m": 1, "h": 60, "d": 1440, "分": 1, "時間": 60, "日": 1440}


def span_of(text: str, *, field: str) -> timedelta:
    """Return a span from `30min`, `2h`, `1d` or the same in Japanese; a bare number could be any.

    Raises:
        BadValue: it is none of these.
    """
    match = _SPAN.fullmatch(unicodedata.normalize("NFKC", text).strip().lower())
    if match is None:
        raise BadValue(
            field=field,
            expected="a span such as 30min, 2h or 1d",
            got=repr(text) if text else "nothing",
            next_step="write the number with its unit",
        )
    return timedelta(minutes=float(match[1]) * _MINUTES[match[2]])
