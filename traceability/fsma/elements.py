"""Which key data elements (KDE) each critical tracking event (CTE) has: 21 CFR 1.1325 to 1.1350.

A KDE the rule asks for only "if applicable" is not missing where there is none. `lot` and
`event_id` are ours: the first ties a harvest to its packing before there is a traceability lot
code, the second the rows of one event.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kde:
    """A column: `is_needed` says whether the rule lets nobody leave it empty."""

    key: str
    is_needed: bool = True


def _needed(*keys: str) -> tuple[Kde, ...]:
    return tuple(Kde(key) for key in keys)


def _applicable(*keys: str) -> tuple[Kde, ...]:
    return tuple(Kde(key, is_needed=False) for key in keys)


_DOCUMENT = _needed("document_type", "document_number")
_OURS = _applicable("lot", "event_id")
_COMMODITY = (*_needed("commodity"), *_applicable("variety"))
# What they lack, the farm's location description lacks: said once.
HARVESTER = ("harvester_name", "harvester_phone")
_HARVESTER = _needed(*HARVESTER)

CTES: Mapping[str, tuple[Kde, ...]] = {
    # 1.1325(a): no traceability lot code is given at harvest.
    "harvesting": (
        *_COMMODITY,
        *_needed("quantity", "unit", "farm", "growing_area", "harvest_date", "recipient"),
        *_DOCUMENT,
        *_HARVESTER,
        *_OURS,
    ),
    # 1.1325(b)
    "cooling": (
        *_COMMODITY,
        *_needed("quantity", "unit", "cooled_at", "cooling_date", "farm", "recipient"),
        *_DOCUMENT,
        *_OURS,
    ),
    # 1.1330(a)
    "initial_packing": (
        *_COMMODITY,
        *_needed("received_date", "received_quantity", "received_unit", "farm", "growing_area"),
        *_HARVESTER,
        *_needed("harvest_date"),
        *_applicable("cooled_at", "cooling_date"),
        *_needed("tlc", "product", "quantity", "unit", "tlc_source"),
        *_applicable("tlc_source_reference"),
        *_needed("packing_date"),
        *_DOCUMENT,
        *_OURS,
    ),
    # 1.1340(a)
    "shipping": (
        *_needed("tlc", "quantity", "unit", "product", "recipient", "shipped_from", "ship_date"),
        *_needed("tlc_source"),
        *_applicable("tlc_source_reference"),
        *_DOCUMENT,
        *_applicable("sscc"),
        *_OURS,
    ),
    # 1.1345(a)
    "receiving": (
        *_needed("tlc", "quantity", "unit", "product", "previous_source", "received_at"),
        *_needed("receipt_date", "tlc_source"),
        *_applicable("tlc_source_reference"),
        *_DOCUMENT,
        *_OURS,
    ),
    # 1.1350(a): one row for each lot that was used.
    "transformation": (
        *_needed("input_tlc", "input_product", "input_quantity", "input_unit"),
        *_needed("tlc", "tlc_source"),
        *_applicable("tlc_source_reference"),
        *_needed("completion_date", "product", "quantity", "unit"),
        *_DOCUMENT,
        *_OURS,
    ),
}
