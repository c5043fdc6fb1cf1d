"""An edge's database and a hub's, and what goes from one to the other without any wire."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from sqlalchemy import Engine
from sqlmodel import Session

from tests.filled import fill
from traceability import database, edges, inbox, uplink_records
from traceability.models import Edge
from traceability.store_id import store_id
from traceability.uplink_records import RECORDS, following, note_receipt, receipted
from traceability.wire import Records, RecordsReceipt

NOW = datetime(2026, 8, 1, tzinfo=UTC)


def new_engine(folder: Path, name: str) -> Engine:
    url = f"sqlite:///{folder / name}.db"
    fill(url)
    return database.open_database(url)


def enrolled(
    hub: Session, organisation: str = "aizu", site: str = "main", *, is_known: bool = False
) -> Edge:
    """Let an edge in; `is_known`: as another site of a farm that is there already."""
    text = edges.new_code(hub, now=NOW, organisation=organisation if is_known else None)
    return edges.enrol(hub, text, organisation=organisation, site=site, now=NOW)[0]


@dataclass
class Line:
    """Carries records from an edge's session to a hub's, as JSON like any wire."""

    edge_session: Session
    hub: Session
    edge: Edge

    def batch(self, *, after: int | None = None, limit: int = 500) -> Records:
        start = receipted(self.edge_session, RECORDS) if after is None else after
        records = following(self.edge_session, start, limit=limit)
        batch = Records(store_id(self.edge_session), start, records)
        return msgspec.json.decode(msgspec.json.encode(batch), type=Records)

    def carry(self, *, limit: int = 500) -> RecordsReceipt:
        """Send what waits, batch by batch; return the last receipt with all refusals."""
        receipt, refused = RecordsReceipt(0, []), []
        while (batch := self.batch(limit=limit)).records:
            receipt = inbox.take(self.hub, self.edge, batch, now=NOW)
            note_receipt(self.edge_session, batch.records, receipt, now=NOW)
            refused += receipt.refused
        return RecordsReceipt(receipt.number, refused)

    def refused(self) -> list[tuple[str, str]]:
        return [(row.kind, row.code) for row in uplink_records.refused(self.edge_session)]
