"""Public stories of lots as data, kept while they are true, for the pages of the farm itself.

Making one reads every measurement of the lot's life; looking at the same lot again should not.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from api.documents import KEEP
from traceability import provenance
from traceability.models import Act, Lot, Recall
from traceability.provenance import Provenance

# A story is about 100 kB; a small board has room for so many.
_MOST = 100


@dataclass(frozen=True, slots=True)
class _Kept:
    story: Provenance
    newest_act: int
    made_at: datetime


@dataclass(slots=True)
class Stories:
    """The stories looked at last; safe to use from several threads."""

    _kept: OrderedDict[str, _Kept] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, session: Session, lot: Lot, *, now: datetime) -> Provenance:
        newest_act = _version(session)
        with self._lock:
            kept = self._kept.get(lot.id)
        if kept and kept.newest_act == newest_act and now - kept.made_at < KEEP:
            return kept.story
        story = provenance.build(session, lot, now=now)
        with self._lock:
            self._kept[lot.id] = _Kept(story, newest_act, now)
            self._kept.move_to_end(lot.id)
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        return story


def _version(session: Session) -> int:
    """Return a number that grows with every act and every recall: both change what pages say."""
    newest_act = session.exec(select(func.max(col(Act.sequence)))).one() or 0
    recalls = select(func.count()).select_from(Recall).where(Recall.kind == "real")
    return newest_act + session.exec(recalls).one()
