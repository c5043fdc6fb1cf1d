"""CPU time per decoded reading, wire by wire, beside the nearest public library.

Sparkplug's nearest, `pysparkplug`, wants an older MQTT client than ours and cannot be installed
beside us; in an environment of its own it read a birth of four metrics in 18 µs where ours took
22 µs for the payload and 33 µs with names and types looked up (it has the C runtime of protobuf).
pychonet checks neither lengths nor "no value" codes (FFF6 is 6552.6 °C to it), so that ratio is on
unequal work. The wires without a library stand beside our own Modbus float.
"""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from pychonet.lib.epc_functions import _signed_int
from pychonet.lib.functions import decodeEchonetMsg
from pymodbus.client.mixin import ModbusClientMixin
from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU

from bench.report import Row, show
from sensors.wires import echonet, mhz19, modbus, payload, sdi12, uecs
from sensors.wires.registers import number

TITLE = "Decoding: CPU per reading"

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_FLOAT = bytes.fromhex("01030443d7c0000f8f")
_METER = bytes.fromhex("1081000102880105ff017201e704000003a0")
_CCM = (
    b'<?xml version="1.0"?><UECS ver="1.00-E10"><DATA type="InAirTemp" room="1" region="1" '
    b'order="1" priority="29">23.0</DATA><IP>192.168.1.64</IP></UECS>'
)
_CLIMATE = json.dumps(
    {"battery": 100, "humidity": 72.23, "linkquality": 116, "temperature": 21.79, "voltage": 3000}
).encode()
_ROUNDS, _CALLS = 20, 500


def rows() -> Iterator[Row]:
    request = modbus.Read(1, modbus.Function.READ_HOLDING, 0, 2)
    framer = FramerRTU(DecodePDU(False))
    usual = cpu_us(lambda: number(modbus.answer_to(request, _FLOAT).values, "f32"))
    yield Row(
        "Modbus RTU, one float",
        usual,
        "pymodbus",
        cpu_us(lambda: _pymodbus(framer)),
        "µs",
        "below 1",
    )
    scale = echonet.EnergyScale()
    yield Row(
        "ECHONET Lite, power of a meter",
        cpu_us(lambda: list(echonet.measured(echonet.Frame.from_bytes(_METER), scale))),
        "pychonet",
        cpu_us(lambda: _signed_int(decodeEchonetMsg(_METER)["OPC"][0]["EDT"])),
        "µs",
    )
    for what, read in _without_rival().items():
        yield Row(what, cpu_us(read), "our Modbus float", usual, "µs")


def cpu_us(read: Callable[[], object]) -> float:
    """Return the CPU time of one call, the best of several rounds. [µs]"""
    read()
    best = float("inf")
    for _ in range(_ROUNDS):
        started = time.process_time()
        for _ in range(_CALLS):
            read()
        best = min(best, time.process_time() - started)
    return best / _CALLS * 1e6


def _pymodbus(framer: FramerRTU) -> object:
    _, pdu = framer.handleFrame(_FLOAT, 1, 0)
    return ModbusClientMixin.convert_from_registers(
        pdu.registers, ModbusClientMixin.DATATYPE.FLOAT32
    )


def _without_rival() -> dict[str, Callable[[], object]]:
    carbon = bytes.fromhex("ff8602603c000000dc")
    line = b"0+3.14+2.718+1.414Ipz\r\n"
    return {
        "Zigbee2MQTT, five values": lambda: payload.decode(
            "zigbee2mqtt/gh1/climate", _CLIMATE, received_at=_NOW
        ).readings(),
        "UECS, one CCM": lambda: uecs.from_bytes(_CCM),
        "MH-Z19": lambda: mhz19.Answer.from_bytes(mhz19.first_answer(carbon)),
        "SDI-12, three values with CRC": lambda: sdi12.values(sdi12.lines(line)[0], with_crc=True),
    }


if __name__ == "__main__":
    show(TITLE, rows())
