"""The tables, one noun a file."""

from traceability.models.acts import ACT_KINDS, Act, ActLine, Flow, Inspection
from traceability.models.alarms import (
    ALARM_EVENT_KINDS,
    ALARM_KINDS,
    SEVERITIES,
    Alarm,
    AlarmEvent,
    AlarmPause,
    AlarmWatch,
)
from traceability.models.backfill import backfill, backfill_cursor
from traceability.models.base import new_id
from traceability.models.calibrations import CALIBRATION_KINDS, CalibrationEvent
from traceability.models.crops import Crop, PackingMaterial, TradeItem
from traceability.models.devices import Device, Placement, Series
from traceability.models.edges import (
    Edge,
    EdgeCode,
    EdgeRefusal,
    EdgeRow,
    EdgeSite,
    EdgeStream,
)
from traceability.models.forecasts import ForecastRecord, Job
from traceability.models.growing import ForecastLots, SowingPlan
from traceability.models.held import held_reading
from traceability.models.links import LINK_EVENT_KINDS, LinkEvent
from traceability.models.lot_conditions import LotConditions
from traceability.models.lots import STAGES, Lot, Stay
from traceability.models.materials import MATERIAL_KINDS, Material
from traceability.models.notifications import DISPATCH_STATES, Dispatch, Notification
from traceability.models.orders import PartnerOrder
from traceability.models.outbox import Outbox
from traceability.models.parties import PARTY_ROLES, Party
from traceability.models.people import USER_ROLES, User
from traceability.models.places import ZONE_KINDS, Feed, LotRule, Organisation, Site, Zone
from traceability.models.promises import ForecastRemark, Promise, SupplyContract
from traceability.models.readings import delivery, reading
from traceability.models.recalls import RECALL_KINDS, Recall, RecallLot, RecallNotice
from traceability.models.recipes import Recipe
from traceability.models.retired import crop_target
from traceability.models.rollups import (
    rollup_day,
    rollup_due,
    rollup_hour,
    rollup_mark,
    rollup_minute,
    thinned_span,
)
from traceability.models.store import StoreFact, StoreLoss
from traceability.models.units import UNIT_KINDS, LogisticUnit, UnitLine
from traceability.models.uplink import (
    UplinkGap,
    UplinkMark,
    UplinkReceipt,
    UplinkRefusal,
    UplinkSent,
)

__all__ = [
    "ACT_KINDS",
    "ALARM_EVENT_KINDS",
    "ALARM_KINDS",
    "CALIBRATION_KINDS",
    "DISPATCH_STATES",
    "LINK_EVENT_KINDS",
    "MATERIAL_KINDS",
    "PARTY_ROLES",
    "RECALL_KINDS",
    "SEVERITIES",
    "STAGES",
    "UNIT_KINDS",
    "USER_ROLES",
    "ZONE_KINDS",
    "Act",
    "ActLine",
    "Alarm",
    "AlarmEvent",
    "AlarmPause",
    "AlarmWatch",
    "CalibrationEvent",
    "Crop",
    "Device",
    "Dispatch",
    "Edge",
    "EdgeCode",
    "EdgeRefusal",
    "EdgeRow",
    "EdgeSite",
    "EdgeStream",
    "Feed",
    "Flow",
    "ForecastLots",
    "ForecastRecord",
    "ForecastRemark",
    "Inspection",
    "Job",
    "LinkEvent",
    "LogisticUnit",
    "Lot",
    "LotConditions",
    "LotRule",
    "Material",
    "Notification",
    "Organisation",
    "Outbox",
    "PackingMaterial",
    "PartnerOrder",
    "Party",
    "Placement",
    "Promise",
    "Recall",
    "RecallLot",
    "RecallNotice",
    "Recipe",
    "Series",
    "Site",
    "SowingPlan",
    "Stay",
    "StoreFact",
    "StoreLoss",
    "SupplyContract",
    "TradeItem",
    "UnitLine",
    "UplinkGap",
    "UplinkMark",
    "UplinkReceipt",
    "UplinkRefusal",
    "UplinkSent",
    "User",
    "Zone",
    "backfill",
    "backfill_cursor",
    "crop_target",
    "delivery",
    "held_reading",
    "new_id",
    "reading",
    "rollup_day",
    "rollup_due",
    "rollup_hour",
    "rollup_mark",
    "rollup_minute",
    "thinned_span",
]
