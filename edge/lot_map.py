"""What the columns of a file of lots mean: a small TOML file beside the CSV.

docs/maps/README.md describes every key; docs/maps/lettuce_lots.toml is one that works.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from edge.errors import MapInvalid
from edge.settings import Code, Table
from edge.table_map import DOCS
from edge.toml_file import TomlFile


class LotColumns(Table):
    """Which column holds what; what is left out is unknown of every lot."""

    code: str
    sown: str = ""
    transplanted: str = ""
    harvested: str = ""
    planted_pieces: str = ""
    harvested_pieces: str = ""
    harvested_weight: str = ""
    weight_unit: Literal["g", "kg"] = "kg"

    @model_validator(mode="after")
    def _some_day(self) -> Self:
        if not (self.sown or self.transplanted or self.harvested):
            msg = "a column for at least one of sown, transplanted, harvested"
            raise ValueError(msg)
        return self

    @property
    def used(self) -> list[str]:
        names = (
            *(self.code, self.sown, self.transplanted, self.harvested),
            *(self.planted_pieces, self.harvested_pieces, self.harvested_weight),
        )
        return [name for name in names if name]


class Dates(Table):
    """How days are written, as in datetime.strptime."""

    format: str = "%Y-%m-%d"

    @model_validator(mode="after")
    def _reads_what_it_writes(self) -> Self:
        probe = datetime(2026, 11, 23)  # noqa: DTZ001 only a pattern is tried here
        try:
            same = datetime.strptime(probe.strftime(self.format), self.format) == probe  # noqa: DTZ007
        except ValueError:
            same = False
        if not same:
            msg = 'a format that says year, month and day, such as "%Y-%m-%d"'
            raise ValueError(msg)
        return self


class Named(Table):
    """A code for every row, or a column whose words stand for codes."""

    code: Code | None = None
    column: str = ""
    codes: Mapping[str, Code | Literal[""]] = {}  # "": unknown

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.code is None) == (not self.column) or bool(self.codes) > bool(self.column):
            msg = "either code, or column with what its words stand for under codes"
            raise ValueError(msg)
        return self


class Inspected(Table):
    """A column with something measured, and of which day it is."""

    column: str
    measure: Annotated[str, Field(min_length=1)]
    unit: Annotated[str, Field(min_length=1)]
    method: str = ""
    on: Literal["sown", "transplanted", "harvested"] = "harvested"


class LotMap(Table):
    """Everything a map of lots may say."""

    lot: LotColumns
    crop: Named
    zone: Named | None = None
    dates: Dates = Dates()
    inspections: tuple[Inspected, ...] = ()

    @property
    def columns(self) -> list[str]:
        """Every column the file must have."""
        named = [one.column for one in (self.crop, self.zone) if one and one.column]
        return [*self.lot.used, *named, *(one.column for one in self.inspections)]


def load(path: Path) -> LotMap:
    """Read and check a map.

    Raises:
        MapInvalid: the first thing that is wrong, with its line.
    """
    source = TomlFile.read(path, refuse=MapInvalid, docs=DOCS)
    try:
        lot_map = LotMap(**source.content)
    except ValidationError as error:
        raise source.first(error, LotMap) from error
    seen: set[str] = set()
    for index, inspected in enumerate(lot_map.inspections):
        at = ("inspections", index)
        if inspected.measure in seen:
            expected = "a name used once, such as class A heads"
            raise source.refusal((*at, "measure"), expected, repr(inspected.measure))
        if not getattr(lot_map.lot, inspected.on):
            expected = "a day whose column is under [lot]"
            raise source.refusal((*at, "on"), expected, repr(inspected.on))
        seen.add(inspected.measure)
    return lot_map
