"""Which sheets there are, by name: each makes its tables of what was asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from api import fsma_sheets, jas_sheets, jgap_sheets
from api.errors import NoSuchTable
from api.i18n import Reader
from api.sheets import Sheet
from traceability.fsma import Request
from traceability.models import Lot, Organisation, Party


@dataclass(frozen=True, slots=True)
class Asked:
    """What a sheet is wanted of: a lot, a period, or both; half-open, None: no bound.

    `party` is a partner who asks, and gets what it received and no more.
    """

    session: Session
    owner: Organisation
    now: datetime
    lot: Lot | None = None
    start: datetime | None = None
    end: datetime | None = None
    step: timedelta = timedelta(hours=1)  # of a temperature record
    party: Party | None = None

    @property
    def request(self) -> Request:
        return Request(self.start, self.end, self.lot, self.party)


def tables(name: str, reader: Reader, asked: Asked) -> list[Sheet]:
    """Return the tables of a sheet.

    Raises:
        NoSuchTable: no sheet is called that.
    """
    if name not in _MAKERS:
        raise NoSuchTable(name=name, known=", ".join(_MAKERS))
    return _MAKERS[name](reader, asked)


def _fsma(reader: Reader, asked: Asked) -> list[Sheet]:
    return fsma_sheets.tables(reader, asked.session, asked.owner, asked.request, now=asked.now)


def _jgap(reader: Reader, asked: Asked) -> list[Sheet]:
    return jgap_sheets.tables(reader, asked.session, asked.owner, asked.request, now=asked.now)


def _jas(reader: Reader, asked: Asked) -> list[Sheet]:
    return jas_sheets.tables(
        reader, asked.session, asked.owner, asked.request, now=asked.now, step=asked.step
    )


_MAKERS: Mapping[str, Callable[[Reader, Asked], list[Sheet]]] = {
    "fsma": _fsma,
    "jgap": _jgap,
    "jas0033": _jas,
}
NAMES = tuple(_MAKERS)
