"""UECS: the open protocol of Japanese greenhouses, XML in UDP broadcasts, without any security.

We listen, answer scans, and can send our own values so that existing gear sees them.
"""

from sensors.wires.uecs.arbitration import Listener, life_s
from sensors.wires.uecs.messages import (
    DATA_PORT,
    SCAN_PORT,
    SEARCH_PORT,
    Ccm,
    CcmList,
    CcmScan,
    Data,
    Message,
    Node,
    NodeAnswer,
    NodeScan,
    Place,
    Values,
    answer_scan,
    from_bytes,
    next_page,
)
from sensors.wires.uecs.types import TYPES

__all__ = [
    "DATA_PORT",
    "SCAN_PORT",
    "SEARCH_PORT",
    "TYPES",
    "Ccm",
    "CcmList",
    "CcmScan",
    "Data",
    "Listener",
    "Message",
    "Node",
    "NodeAnswer",
    "NodeScan",
    "Place",
    "Values",
    "answer_scan",
    "from_bytes",
    "life_s",
    "next_page",
]
