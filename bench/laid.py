"""Rows laid straight into the tables: a graph of a million edges is no work for the verbs."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, text
from sqlmodel import Session, SQLModel

from tests.factories import Farm, on_day
from traceability.models import new_id

# A million rows as one list of parameters are gigabytes.
_SLICE = 10_000


def insert(session: Session, model: type[SQLModel], rows: Sequence[dict[str, Any]]) -> None:
    table = SQLModel.metadata.tables[str(model.__tablename__)]
    for first in range(0, len(rows), _SLICE):
        session.connection().execute(table.insert(), rows[first : first + _SLICE])


def act(farm: Farm, kind: str) -> dict[str, Any]:
    """Return an act's row; of a shipment, one to the farm's shop."""
    return {
        "id": new_id(),
        "kind": kind,
        "happened_at": on_day(43).at,
        "offset_minutes": 540,
        "recorded_at": datetime.now(UTC),
        "performer": "Sato",
        "recorder": "Sato",
        "site_id": farm.site.id,
        "to_party_id": farm.shop.id if kind == "ship" else None,
        "note": "",
        "body": b"{}",
        "digest": "",
        "request_digest": "",
    }


def flow(act_id: str, source_id: str, target_id: str) -> dict[str, Any]:
    return {"act_id": act_id, "source_id": source_id, "target_id": target_id, "weight_g": 100}


def sent(act_id: str, lot_id: str) -> dict[str, Any]:
    """Return the line of a shipment."""
    return {"act_id": act_id, "lot_id": lot_id, "role": "input", "weight_g": 80, "closes": False}


def settled(engine: Engine) -> None:
    """Let PostgreSQL count what was laid, as its autovacuum does within a minute, and SQLite move
    its log into the file: laid at once it is as large as the record, which no farm's ever is."""
    said = "ANALYZE" if engine.dialect.name == "postgresql" else "PRAGMA wal_checkpoint(TRUNCATE)"
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text(said))
