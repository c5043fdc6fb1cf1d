"""A farm without hardware: a physical model makes the values, simulated probes speak them.

    room = RoomModel("plant_factory", seed=7, start=a_year_ago)
    state = room.step(now)                         # a RoomState; state.values() by quantity

    with SimulatedBus(folder / "room-1") as bus:   # a pseudo-terminal behind a link
        bus.add(simulated(load("senseair_s8"), values=lambda: room.step(now()).values()))
        port = SerialPort(bus.name, bus.line)      # and from here on everything is the real code

`bus.silence(254)`, `bus.unplug()` and `bus.plug()` are the three things that happen on farms.
"""

from sensors.simulator.bus import SimulatedBus
from sensors.simulator.probe import SimulatedProbe
from sensors.simulator.probes import simulated
from sensors.simulator.room import RoomModel, RoomState

__all__ = ["RoomModel", "RoomState", "SimulatedBus", "SimulatedProbe", "simulated"]
