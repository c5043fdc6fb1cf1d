"""What every section of the settings file is made of: a table, and words for each field."""

from dataclasses import dataclass
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

# What may stand in a code: it goes into addresses, file names and commands unquoted.
CODE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"


@dataclass(frozen=True, slots=True)
class Says:
    """A field's documentation: what it is, and what breaks if it is wrong."""

    what: str
    wrong: str


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        msg = "an IANA time zone, such as Asia/Tokyo"
        raise ValueError(msg)
    return name


def as_text(value: object) -> object:
    # `version = 5` and `address = 1` are natural to write; TOML makes them numbers.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


TimeZone = Annotated[str, AfterValidator(_known_zone)]
Code = Annotated[str, Field(pattern=CODE_PATTERN)]
PortNumber = Annotated[int, Field(ge=1, le=65535)]


class Table(BaseModel):
    """A section of the file; a key it does not know is an error, never ignored."""

    # Each section is built within Settings, so not by itself, too.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)
