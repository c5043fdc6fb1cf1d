"""Rows of the sheet, and what is missing in them: a KDE nobody recorded is named, never guessed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from traceability.fsma.elements import CTES, HARVESTER
from traceability.fsma.values import Location, Value


@dataclass(frozen=True, slots=True)
class Lack:
    """A KDE of one row without a value, or with a part of one: `part` is address or phone.

    `place` is the location that lacks it: a site's is said in the settings, a partner's in the
    catalogue.
    """

    cte: str
    kde: str
    lot: str
    event_id: str
    part: str | None = None
    place: Location | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a CTE; every KDE of it is a key of `values`, None where there is no value."""

    cte: str
    values: Mapping[str, Value]

    def __post_init__(self) -> None:
        unknown = self.values.keys() ^ {kde.key for kde in CTES[self.cte]}
        if unknown:
            msg = f"{self.cte} has other elements: {', '.join(sorted(unknown))}"
            raise TypeError(msg)

    @property
    def lacks(self) -> list[Lack]:
        return list(self._lacks())

    def _lacks(self) -> Iterator[Lack]:
        event_id, lot = str(self.values["event_id"]), str(self.values["lot"])
        for kde in CTES[self.cte]:
            value = self.values[kde.key]
            if kde.is_needed and value in (None, "", ()) and kde.key not in HARVESTER:
                yield Lack(self.cte, kde.key, lot, event_id)
            places = value if isinstance(value, tuple) else (value,)
            for place in places:
                if isinstance(place, Location):
                    for part in place.lacks:
                        yield Lack(self.cte, kde.key, lot, event_id, part, place)
