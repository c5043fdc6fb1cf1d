"""When harvest, and each partner's deliveries, are possible: what a forecast knows ahead."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from edge.settings.fields import Code, Says, Table

_DAY = r"(?:\d{4}-)?\d{2}-\d{2}"
_SPAN = re.compile(rf"^({_DAY})(?:/({_DAY}))?$")
_LEAP_YEAR = 2024  # 29 February may be named


def _spans(texts: Sequence[str]) -> Sequence[str]:
    for text in texts:
        if not _is_span(text):
            msg = f"a day (08-15, 2026-12-31) or two with / between (12-31/01-03), not {text!r}"
            raise ValueError(msg)
    return texts


def _is_span(text: str) -> bool:
    found = _SPAN.match(text)
    ends = [] if found is None else [end for end in found.groups() if end]
    has_year = {end.count("-") == 2 for end in ends}
    try:
        days = [
            date.fromisoformat(end if end.count("-") == 2 else f"{_LEAP_YEAR}-{end}")
            for end in ends
        ]
    except ValueError:
        return False
    # Every year a span may reach into the next; with years it must not end before it begins.
    return len(has_year) == 1 and (has_year == {False} or days[0] <= days[-1])


class Calendar(Table):
    """Days on which nothing is harvested, or delivered. Empty: no calendar is known."""

    closed_weekdays: Annotated[
        list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]],
        Says(
            "Weekdays on which nothing happens, such as `sun`.",
            "Short weeks are taken for a fall in yield, full ones for a rise.",
        ),
    ] = []
    closed: Annotated[
        list[str],
        AfterValidator(_spans),
        Says(
            "Other days on which nothing happens, ends included, every year (`12-31/01-03`, "
            "`08-13/08-16`) or once (`2026-10-05`).",
            "The forecast promises kilograms for days nobody works.",
        ),
    ] = []
    national_holidays: Annotated[
        bool,
        Says("true: nothing happens on Japan's national holidays.", "As with closed weekdays."),
    ] = False


class PartnerCalendar(Calendar):
    """When a partner takes deliveries."""

    partner: Annotated[
        Code, Says("The partner's code.", "Nobody's calendar; the partner's closed days look lost.")
    ]


class Forecast(Table):
    """What forecasts know ahead, and how sure a promise to a partner must be."""

    confidence: Annotated[
        float,
        Field(gt=0, lt=1),
        Says(
            "How probable it must be that as much comes as is promised; 0.9 is P10.",
            "Low: partners stand before empty shelves. High: most of the harvest is never sold.",
        ),
    ] = 0.9
    harvest: Annotated[
        Calendar, Says("When the farm harvests.", "Short weeks look like lost harvests.")
    ] = Calendar()
    partners: Annotated[
        list[PartnerCalendar],
        Says("When partners take deliveries.", "Their closed days look like lost orders."),
    ] = []

    def calendar(self, partner: str | None) -> Calendar:
        """Return the harvest's calendar, or a partner's; an empty one where none is known."""
        if partner is None:
            return self.harvest
        return next((one for one in self.partners if one.partner == partner), Calendar())
