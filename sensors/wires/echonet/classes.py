"""What the properties of each device class mean: the tables of the appendix, those growers meet.

Source: ECHONET Lite APPENDIX "Detailed requirements for device objects", release R.
"""

from sensors.wires.echonet import data
from sensors.wires.echonet.data import Meaning, Read

# kWh that one count of a total means (smart meter E1, distribution board C2).
ENERGY_UNITS = {
    0x00: 1,
    0x01: 0.1,
    0x02: 0.01,
    0x03: 0.001,
    0x04: 0.0001,
    0x0A: 10,
    0x0B: 100,
    0x0C: 1000,
    0x0D: 10_000,
}
_TOTAL = data.counts
_AMPERES = data.group(2, signed=True, step=0.1, names=("r_a", "t_a"))

# Every object has these.
_COMMON: dict[int, tuple[str, Read]] = {
    0x80: ("operation_status", data.choice("on", {0x30: True, 0x31: False})),
    0x82: ("standard_version", data.unknown),
    0x83: ("identification", data.unknown),
    0x88: ("fault_status", data.choice("fault", {0x41: True, 0x42: False})),
    0x8A: ("manufacturer", data.unknown),
    0x8C: ("product_code", data.text),
    0x8D: ("serial_number", data.text),
    0x97: ("clock", data.clock),
    0x98: ("date", data.date),
    0x9D: ("notification_property_map", data.property_map),
    0x9E: ("set_property_map", data.property_map),
    0x9F: ("get_property_map", data.property_map),
}

_METER: dict[int, tuple[str, Read]] = {
    0xD0: ("one_minute_energy", data.timed_pair),
    0xD3: ("coefficient", data.plain("coefficient", 4)),
    0xD7: ("digits", data.plain("digits", 1)),
    0xE0: ("cumulative_energy", _TOTAL),
    0xE1: ("energy_unit", data.choice("unit_kwh", dict(ENERGY_UNITS))),
    0xE2: ("history", data.day_history),
    0xE3: ("cumulative_energy_reverse", _TOTAL),
    0xE4: ("history_reverse", data.day_history),
    0xE5: ("history_day", data.plain("day", 1)),
    0xE7: ("instantaneous_power_w", data.quantity("watts", 4, signed=True)),
    0xE8: ("instantaneous_current_a", _AMPERES),
    0xEA: ("half_hour_energy", data.timed_count),
    0xEB: ("half_hour_energy_reverse", data.timed_count),
    0xEC: ("history_2", data.timed_history),
}


def _board_channel(edt: bytes) -> Meaning:
    """Read one branch circuit: its total (four bytes) and both currents."""
    if len(edt) != 8:
        return Meaning({"value": None, "r_a": None, "t_a": None}, data.SIZE)
    return Meaning({**_TOTAL(edt[:4]).fields, **_AMPERES(edt[4:]).fields})


_BOARD: dict[int, tuple[str, Read]] = {
    0xB1: ("channels", data.plain("channels", 1)),
    **dict.fromkeys((178, 180, 182, 185, 187, 189), ("channel_range", data.channel_range)),
    0xB3: ("energy_by_channel", data.channels(4, signed=False, step=1)),
    0xB5: ("current_by_channel", data.channels(2, signed=True, step=0.1, names=("r_a", "t_a"))),
    0xB7: ("power_by_channel", data.channels(4, signed=True, step=1)),
    0xB8: ("channels_both_ways", data.plain("channels", 1)),
    0xBA: ("energy_both_ways", data.channels(4, signed=False, step=1, names=("used", "fed_in"))),
    0xBC: ("current_both_ways", data.channels(2, signed=True, step=0.1, names=("r_a", "t_a"))),
    0xBE: ("power_both_ways", data.channels(4, signed=True, step=1)),
    0xC0: ("cumulative_energy", _TOTAL),
    0xC1: ("cumulative_energy_reverse", _TOTAL),
    0xC2: ("energy_unit", data.choice("unit_kwh", dict(ENERGY_UNITS))),
    0xC6: ("instantaneous_power_w", data.quantity("watts", 4, signed=True)),
    0xC7: ("instantaneous_current_a", _AMPERES),
    0xC8: ("voltage_v", data.group(2, signed=False, step=0.1, names=("rs_v", "st_v"))),
    **{epc: (f"channel_{epc - 0xCF}", _board_channel) for epc in range(0xD0, 0xF0)},
}

CLASSES: dict[int, dict[int, tuple[str, Read]]] = {
    0x0011: {0xE0: ("temperature", data.quantity("celsius", 2, signed=True, step=0.1))},
    0x0012: {0xE0: ("humidity", data.quantity("rh", 1))},
    0x001B: {0xE0: ("co2", data.quantity("ppm", 2))},
    0x001F: {
        0xE0: ("air_speed", data.quantity("m_s", 2, step=0.01)),
        0xE1: ("air_direction", data.quantity("degrees", 2)),
    },
    0x0287: _BOARD,
    0x0288: _METER,
    0x0EF0: {
        0xD3: ("instance_count", data.plain("count", 3)),
        0xD4: ("class_count", data.plain("count", 2)),
        0xD5: ("instance_list_notification", data.objects(3, "instances")),
        0xD6: ("instance_list", data.objects(3, "instances")),
        0xD7: ("class_list", data.objects(2, "classes")),
    },
}


def explain(eoj: int, epc: int, edt: bytes) -> tuple[str, Meaning]:
    """Return a property's name and meaning; what no table has keeps its number and its bytes."""
    table = CLASSES.get(eoj >> 8, {})
    name, read = table.get(epc) or _COMMON.get(epc) or (f"0x{epc:02X}", data.unknown)
    return name, read(edt)
