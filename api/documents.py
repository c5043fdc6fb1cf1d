"""Public documents as bytes, kept while they are true: the hot path of a scanned code.

A document is made in a worker thread, once however many ask at the same time, and kept until any
act is recorded or KEEP has passed: readings arrive and names change without an act, so nothing is
older than that.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from starlette.concurrency import run_in_threadpool

KEEP = timedelta(seconds=60)
# About 10 kB each: a small board keeps a day's scans.
MOST = 500

# (lot id, kind of document, language)
Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Document:
    body: bytes
    media_type: str
    etag: str
    newest_act: int
    made_at: datetime

    @classmethod
    def of(cls, text: str, media_type: str, *, newest_act: int, made_at: datetime) -> "Document":
        body = text.encode()
        etag = f'W/"{hashlib.sha256(body).hexdigest()[:20]}"'
        return cls(body, media_type, etag, newest_act, made_at)


@dataclass(slots=True)
class Documents:
    """The newest used documents; used from the event loop's thread only."""

    _kept: OrderedDict[Key, Document] = field(default_factory=OrderedDict)
    _in_work: dict[Key, asyncio.Task[Document]] = field(default_factory=dict)

    async def get(
        self, key: Key, make: Callable[[], Document], *, newest_act: int, now: datetime
    ) -> Document:
        """Return the document, making it where the kept one may no longer be true."""
        kept = self._kept.get(key)
        if kept and kept.newest_act == newest_act and now - kept.made_at < KEEP:
            self._kept.move_to_end(key)
            return kept
        task = self._in_work.get(key)
        if task is None:
            task = asyncio.create_task(run_in_threadpool(make), name=f"document {key}")
            self._in_work[key] = task
            task.add_done_callback(lambda _: self._in_work.pop(key, None))
        # Whoever goes away while waiting does not take the document from the others.
        made = await asyncio.shield(task)
        self._kept[key] = made
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return made
