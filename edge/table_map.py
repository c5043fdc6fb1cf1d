"""What the columns of a recorded climate mean: a small TOML file beside the CSV.

The same map serves `minori import readings` (history) and `minori replay` (through the wires);
docs/maps/ has one that works, with a comment at every line.
"""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, ValidationError, model_validator

from edge.errors import MapInvalid
from edge.settings import Table, TimeZone, Zone
from edge.toml_file import TomlFile
from sensors import QUANTITIES, UnknownQuantity
from sensors.quantities import linear

DOCS = "docs/maps/README.md"


class TimeColumn(Table):
    """Which column says when, how it is written, and where its clock stood."""

    column: str
    format: str  # as in datetime.strptime
    time_zone: TimeZone

    @model_validator(mode="after")
    def _format_reads_what_it_writes(self) -> Self:
        probe = datetime(2026, 11, 23, 13, 45)  # noqa: DTZ001 only a pattern is tried here
        try:
            datetime.strptime(probe.strftime(self.format), self.format)  # noqa: DTZ007
        except ValueError as error:
            msg = f'a format such as "%Y-%m-%d %H:%M" ({error})'
            raise ValueError(msg) from error
        return self


class MappedDevice(Table):
    """Whose values these are. `model` is needed to replay them: it says what the probe speaks."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    model: str = ""


class Column(Table):
    """One column: whose it is, what it measures, in which unit."""

    column: str
    device: str
    quantity: str
    unit: str
    channel: str = ""

    @property
    def key(self) -> str:
        """The value's name within its device, as profiles spell it."""
        return f"{self.quantity}/{self.channel}" if self.channel else self.quantity


class TableMap(Table):
    """Everything a map may say."""

    time: TimeColumn
    zone: Zone | None = None
    devices: Annotated[list[MappedDevice], Field(min_length=1)]
    columns: Annotated[list[Column], Field(min_length=1)]


def load(path: Path) -> TableMap:
    """Read and check a map.

    Raises:
        MapInvalid: the first thing that is wrong, with its line.
    """
    source = TomlFile.read(path, refuse=MapInvalid, docs=DOCS)
    try:
        table_map = TableMap(**source.content)
    except ValidationError as error:
        raise source.first(error, TableMap) from error
    names = [device.name for device in table_map.devices]
    seen: set[tuple[str, str]] = set()
    for index, column in enumerate(table_map.columns):
        at = ("columns", index)
        if column.device not in names:
            raise source.refusal((*at, "device"), f"one of {', '.join(names)}", column.device)
        _check_unit(source, index, column)
        if (column.device, column.key) in seen:
            expected = "a channel, where one device measures a quantity twice"
            raise source.refusal((*at, "quantity"), expected, column.key)
        seen.add((column.device, column.key))
    return table_map


def _check_unit(source: TomlFile, index: int, column: Column) -> None:
    key = "unit" if column.quantity in QUANTITIES else "quantity"
    try:
        linear(column.quantity, column.unit)
    except UnknownQuantity as error:
        got = column.unit if key == "unit" else column.quantity
        expected = f"one of {error.facts['known']}"
        raise source.refusal(("columns", index, key), expected, repr(got)) from error
