"""Which tables an edge sends to its hub, in the order in which rows need each other, and how a row
is written down on the way.

A table is named in exactly one place below; a test fails on one that nobody decided about. Acts
carry what hangs on them (lots, lines, flows, inspections), so that a hub takes them whole or not
at all. What can be computed from acts is not sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from sqlalchemy import Column, Integer, Table
from sqlmodel import Session, SQLModel, select

from traceability.models import (
    Act,
    ActLine,
    Alarm,
    AlarmEvent,
    CalibrationEvent,
    Crop,
    Device,
    Feed,
    Flow,
    Inspection,
    LinkEvent,
    LogisticUnit,
    LotConditions,
    LotRule,
    Material,
    Organisation,
    PackingMaterial,
    Party,
    Placement,
    Recall,
    RecallLot,
    RecallNotice,
    Recipe,
    Series,
    Site,
    TradeItem,
    UnitLine,
    Zone,
)

ACT, LOT = "act", "lot"


@dataclass(frozen=True, slots=True)
class Kind:
    """A table whose rows travel.

    Attributes:
        key: Columns by which a hub knows a row again that came under another id: two sites of one
            owner share a crop. What it refers to is translated first.
        is_fixed: Rows never change, so they are written down when they are sent.
    """

    model: type[SQLModel]
    key: tuple[str, ...]
    is_fixed: bool = False

    @property
    def name(self) -> str:
        return str(self.model.__tablename__)

    @property
    def table(self) -> Table:
        return SQLModel.metadata.tables[self.name]

    def column(self, name: str) -> Column[Any]:
        return self.table.columns[name]

    @property
    def order(self) -> str:
        """The column that rows were made in the order of."""
        return str(next(iter(self.table.primary_key)).name)

    @property
    def identity(self) -> tuple[str, ...]:
        """The columns that name a row on its way: its id, where its table counts rows beside it."""
        by_id = "id" in self.table.columns and not self.column("id").primary_key
        return ("id",) if by_id else tuple(str(c.name) for c in self.table.primary_key)

    def ref(self, row: SQLModel) -> str:
        """Return the text by which a row is named on its way."""
        return "/".join(str(getattr(row, name)) for name in self.identity)


KINDS = (
    Kind(Organisation, ("code",)),
    Kind(Site, ("organisation_id", "code")),
    Kind(LotRule, ("site_id", "since")),
    Kind(Zone, ("site_id", "code")),
    Kind(Feed, ("zone_id", "start")),
    Kind(Party, ("organisation_id", "code")),
    Kind(Crop, ("organisation_id", "code")),
    Kind(Recipe, ("id",), is_fixed=True),
    Kind(Material, ("organisation_id", "code")),
    Kind(TradeItem, ("organisation_id", "code")),
    Kind(PackingMaterial, ("trade_item_id", "material_id")),
    Kind(LogisticUnit, ("organisation_id", "code")),
    Kind(Device, ("site_id", "code")),
    Kind(Series, ("device_id", "quantity", "channel")),
    Kind(Placement, ("device_id", "start")),
    Kind(CalibrationEvent, ("id",), is_fixed=True),
    Kind(Act, ("id",), is_fixed=True),
    Kind(LotConditions, ("lot_id",)),
    Kind(Alarm, ("id",)),
    Kind(AlarmEvent, ("id",), is_fixed=True),
    Kind(Recall, ("id",)),
    Kind(RecallLot, ("recall_id", "lot_id")),
    Kind(RecallNotice, ("recall_id", "party_id")),
    Kind(LinkEvent, ("id",), is_fixed=True),
)
BY_NAME: Mapping[str, Kind] = {kind.name: kind for kind in KINDS}
BY_MODEL: Mapping[type, Kind] = {kind.model: kind for kind in KINDS}
PLACE: Mapping[str, int] = {kind.name: place for place, kind in enumerate(KINDS)}

# Carried by the act they belong to, beside the lots it made.
HANGING: Mapping[str, type[SQLModel]] = {
    str(model.__tablename__): model for model in (ActLine, Flow, Inspection, UnitLine)
}
WITH_ACTS = frozenset({LOT, *HANGING})
# What is left of a lot: computed from its acts, here as there.
PROJECTED = frozenset({"zone_id", "pieces", "weight_g", "closed_at", "held_since", "hold_reason"})
# Computed from what is sent, here as there.
COMPUTED = frozenset({"stay", "rollup_minute", "rollup_hour", "rollup_day"})
# Of one database only.
STAYS_HERE: Mapping[str, str] = {
    "crop_target": "retired: its rows became recipes",
    "reading": "telemetry: sent from the table itself, see traceability.uplink_readings",
    "held_reading": "their time is not known yet; once it is they are readings",
    "backfill": "which readings came late here",
    "backfill_cursor": "who has looked at them",
    "rollup_mark": "how far our rollups are",
    "rollup_due": "how far our rollups are",
    "thinned_span": "what came here by the minute",
    "delivery": "keys of messages this broker may send again",
    "user": "who may sign in is each service's own matter",
    "job": "a wish of this process's own readers",
    "forecast": "made from one site's lots; the hub fits its own from all of them",
    "forecast_lots": "belongs to a forecast made here",
    "forecast_remark": "belongs to a forecast made here",
    "partner_order": "what partners of this site wanted, which its forecasts learn from",
    "promise": "made from a forecast made here",
    "supply_contract": "what promises made here are divided by",
    "sowing_plan": "what a site means to do; the hub is told what was sown",
    "alarm_pause": "what keeps this site's agent quiet",
    "alarm_watch": "what the alarm agent here remembers",
    "notification": "each service tells its own people",
    "dispatch": "each service tells its own people",
    "outbox": "the stream itself",
    "store_fact": "facts of one database",
    "store_loss": "what one database lost",
    "uplink_receipt": "how far our hub is",
    "uplink_mark": "how far our hub is",
    "uplink_gap": "how far our hub is",
    "uplink_sent": "how far our hub is",
    "uplink_refusal": "what our hub refused",
    "edge": "who may send to us",
    "edge_code": "who may send to us",
    "edge_stream": "how far our edges are",
    "edge_site": "who may send to us",
    "edge_row": "how far our edges are",
    "edge_refusal": "what we refused",
}


def written(row: SQLModel) -> bytes:
    """Return a row as JSON, by the names of its columns."""
    return msgspec.json.encode(facts_of(row))


def facts_of(row: SQLModel) -> dict[str, Any]:
    """Return a row's columns as JSON holds them."""
    columns = SQLModel.metadata.tables[str(row.__tablename__)].columns
    return {column.name: _plain(getattr(row, column.name)) for column in columns}


def find(session: Session, kind: Kind, ref: str) -> SQLModel | None:
    """Return the row that a ref names, or None where it is gone."""
    parts = ref.split("/", len(kind.identity) - 1)
    by = {
        name: int(part) if isinstance(kind.column(name).type, Integer) else part
        for name, part in zip(kind.identity, parts, strict=True)
    }
    return session.exec(select(kind.model).filter_by(**by)).one_or_none()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode()
    return value
