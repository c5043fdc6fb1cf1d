"""Which sheets there are, by name: each makes its tables of what was asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from api import fsma_sheets
from api.errors import NoSuchTable
from api.i18n import Reader
from api.sheets import Sheet
from traceability.fsma import Request
from traceability.models import Lot, Organisation


@dataclass(frozen=True, slots=True)
class Asked:
    """What a sheet is wanted of: a lot, a period, or both; half-open, None: no bound."""

    session: Session
    owner: Organisation
    now: datetime
    lot: Lot | None = None
    start: datetime | None = None
    end: datetime | None = None


def tables(name: str, reader: Reader, asked: Asked) -> list[Sheet]:
    """Return the tables of a sheet.

    Raises:
        NoSuchTable: no sheet is called that.
    """
    if name not in _MAKERS:
        raise NoSuchTable(name=name, known=", ".join(_MAKERS))
    return _MAKERS[name](reader, asked)


def _fsma(reader: Reader, asked: Asked) -> list[Sheet]:
    request = Request(asked.start, asked.end, asked.lot)
    return fsma_sheets.tables(reader, asked.session, asked.owner, request, now=asked.now)


_MAKERS: Mapping[str, Callable[[Reader, Asked], list[Sheet]]] = {"fsma": _fsma}
NAMES = tuple(_MAKERS)
