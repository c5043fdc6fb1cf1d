"""Sparkplug B 3.0: births with names and types, data with aliases, deaths as wills."""

from sensors.wires.sparkplug.host import (
    Heard,
    Host,
    Named,
    Topic,
    is_plain,
    rebirth_command,
)
from sensors.wires.sparkplug.inbox import Inbox, command_topic, rebirth
from sensors.wires.sparkplug.metric import SKIPPED, DataType, Metric, Payload, raw_of

__all__ = [
    "SKIPPED",
    "DataType",
    "Heard",
    "Host",
    "Inbox",
    "Metric",
    "Named",
    "Payload",
    "Topic",
    "command_topic",
    "is_plain",
    "raw_of",
    "rebirth",
    "rebirth_command",
]
