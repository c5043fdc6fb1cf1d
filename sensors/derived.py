"""Readings that follow from others: VPD, 飽差, dew point, absolute humidity, leaf VPD, EC25.

Nothing derived is stored as if it had been measured: it carries the worse quality of its sources
and can be computed again whenever a calibration changes them.
"""

from collections.abc import Callable

from sensors import air
from sensors.reading import Quality, Reading

OF_AIR: dict[str, Callable[[float, float], float | None]] = {
    "vapour_pressure_deficit": air.vapour_pressure_deficit,
    "humidity_deficit": air.humidity_deficit,
    "dew_point": air.dew_point,
    "absolute_humidity": air.absolute_humidity,
}


def of_air(temperature: Reading, humidity: Reading) -> list[Reading]:
    """Return what follows from one temperature and one humidity of the same moment and place.

    Without one of the two values there is nothing, and a humidity outside 0 to 100 gives nothing
    either: the air formulas have no meaning there.
    """
    celsius, percent = temperature.value, humidity.value
    if celsius is None or percent is None or not 0 <= percent <= 100:
        return []
    return [
        _derived(quantity, formula(celsius, percent), temperature, humidity)
        for quantity, formula in OF_AIR.items()
    ]


def of_leaf(leaf: Reading, temperature: Reading, humidity: Reading) -> Reading | None:
    """Return the leaf's VPD where all three values are there; its channel is `leaf`."""
    on_leaf, celsius, percent = leaf.value, temperature.value, humidity.value
    if on_leaf is None or celsius is None or percent is None or not 0 <= percent <= 100:
        return None
    value = air.leaf_vapour_pressure_deficit(on_leaf, celsius, percent)
    return _derived("vapour_pressure_deficit", value, temperature, humidity, leaf, channel="leaf")


def _derived(quantity: str, value: float | None, *sources: Reading, channel: str = "") -> Reading:
    worst = max(sources, key=lambda source: source.quality)
    quality, reason = worst.quality, worst.reason
    if value is None:
        quality = max(quality, Quality.BAD)
    at = max(source.at for source in sources)
    return Reading(sources[0].device, quantity, value, at, quality, reason, channel)
