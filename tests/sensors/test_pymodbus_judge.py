"""pymodbus as the other side: its TCP server asked by our probe, its client asking our devices."""

import asyncio
from datetime import UTC, datetime

import pytest
from pymodbus.client import AsyncModbusSerialClient
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from sensors.errors import DeviceRefused
from sensors.port import TcpPort
from sensors.probe import probe_for
from sensors.profile import load
from sensors.simulator import SimulatedBus
from sensors.wires.registers import registers_of

NOW = datetime(2026, 2, 1, tzinfo=UTC)


async def _read_from(server: ModbusTcpServer, model: str, address: int):
    serving = asyncio.create_task(server.serve_forever(background=True))
    await serving
    number = server.transport.sockets[0].getsockname()[1]
    port = TcpPort("127.0.0.1", number)
    try:
        return await probe_for(
            load(model), device="d", port=port, address=address, now=lambda: NOW, prepare=False
        ).read()
    finally:
        await port.close()
        await server.shutdown()


async def test_our_probe_reads_a_pymodbus_server() -> None:
    words = [*registers_of(48.5, "f32", "CDAB"), *registers_of(-3.25, "f32", "CDAB")]
    device = SimDevice(5, simdata=[SimData(0, values=words, datatype=DataType.REGISTERS)])

    readings = await _read_from(
        ModbusTcpServer(device, address=("127.0.0.1", 0)), "vaisala_hmp110", 5
    )

    assert {r.quantity: r.value for r in readings} == {
        "relative_humidity": 48.5,
        "air_temperature": -3.25,
    }


async def test_a_pymodbus_server_without_our_registers_refuses_and_we_say_so() -> None:
    device = SimDevice(5, simdata=[SimData(100, values=[1], datatype=DataType.REGISTERS)])

    with pytest.raises(DeviceRefused, match="illegal address"):
        await _read_from(ModbusTcpServer(device, address=("127.0.0.1", 0)), "vaisala_hmp110", 5)


async def test_the_pymodbus_client_reads_our_simulated_devices(bus: SimulatedBus) -> None:
    client = AsyncModbusSerialClient(bus.name, baudrate=9600, timeout=10)
    assert await client.connect()
    try:
        climate = await client.read_input_registers(1, count=2, device_id=2)
        light = await client.read_holding_registers(0, count=2, device_id=3)
        refused = await client.read_input_registers(900, count=2, device_id=2)
    finally:
        client.close()

    assert climate.registers == [214, 682]
    assert client.convert_from_registers(light.registers, client.DATATYPE.FLOAT32) == 231.5
    assert refused.isError()
    assert refused.exception_code == 2
