"""When something was done, by whom, and the paper that went with it."""

from dataclasses import dataclass, field
from datetime import datetime

from traceability.errors import BadValue, Phrase
from traceability.models import new_id
from traceability.texts import LONGEST_NAME, LONGEST_NOTE, refuse_text

# Years before are slips of the pen, as in the commands. The last one leaves room for any zone.
FIRST_YEAR, LAST_YEAR = 1970, 9998


@dataclass(frozen=True, slots=True)
class Document:
    """A paper that goes with an act, such as delivery note D-1042 (21 CFR 1.1310, reference
    document)."""

    type: str
    number: str

    def __post_init__(self) -> None:
        for said, text in (("document type", self.type), ("document number", self.number)):
            refuse_text(said, text, LONGEST_NAME)
            if not text.strip():
                raise BadValue(
                    field=said,
                    expected="both a type and a number",
                    got="nothing",
                    next_step="write it as delivery note=D-1042",
                )


@dataclass(frozen=True, slots=True)
class Occasion:
    """When something was done, by whom, and under which id.

    `act_id` is made where the act happened (UUIDv7), so that sending it twice is harmless.
    `recorder` is who is signed in, where that differs from who did it.
    """

    at: datetime
    by: str
    act_id: str = field(default_factory=new_id)
    recorder: str = ""
    note: str = ""
    document: Document | None = None

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise BadValue(
                field="at",
                expected="a time with its zone",
                got=self.at.isoformat(),
                next_step="write it as 2026-11-23T09:00+09:00",
            )
        for said, text, most in (("by", self.by, LONGEST_NAME), ("note", self.note, LONGEST_NOTE)):
            refuse_text(said, text, most)
        if not FIRST_YEAR <= self.at.year <= LAST_YEAR:
            raise BadValue(
                field="at",
                expected=Phrase(
                    "a year from {first_year} to {last_year}",
                    first_year=FIRST_YEAR,
                    last_year=LAST_YEAR,
                ),
                got=self.at.isoformat(),
                next_step="correct the time",
            )
