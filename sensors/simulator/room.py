"""A small physical model of a room: believable values for the demo, at any time step.

A plant factory has lamps, a cooler, a dehumidifier that sometimes fails, CO2 enrichment, crop that
breathes in by day and out by night, people who open the door. A greenhouse bay has weather: the
sun by latitude and season, clear and dull days, heating, vents. Everything fades exponentially
towards what the moment asks for, so a step may be a second or an hour. Chance is a function of
(seed, time) and nothing else: the same seed gives the same past, whatever the process did before.

Orders of magnitude, not science: sun geometry after FAO-56, the rest chosen to look like the shared
climate of a real lettuce greenhouse. One step takes about 8 µs.
"""

import math
from datetime import datetime
from typing import Literal, NamedTuple

Kind = Literal["plant_factory", "greenhouse"]

_MASK = (1 << 64) - 1
_BUCKET_S = 900  # chance changes smoothly from one quarter of an hour to the next
_AIR_S, _HUMIDITY_S, _CO2_S = 900.0, 1200.0, 1800.0  # how fast the room follows
LAMP_HOURS = 16.0
LAMP_PPFD = 230.0
PUMP_SHARE = 0.25  # of each hour the nutrient solution runs


class RoomState(NamedTuple):
    """What a room is like at one moment. Names say the unit."""

    at: datetime
    air_temperature_c: float
    relative_humidity_pct: float
    co2_ppm: float
    ppfd: float
    water_ph: float
    water_ec_ms_cm: float
    water_temperature_c: float
    outside_temperature_c: float
    global_radiation_w_m2: float
    power_w: float
    lamp: float = 0.0  # equipment: 0 is off or closed, 1 on or open
    pump: float = 0.0
    door: float = 0.0
    vent: float = 0.0

    def values(self) -> dict[str, float | None]:
        """The same by quantity, in the vocabulary's units: what simulated probes say."""
        return {
            "air_temperature": self.air_temperature_c,
            "relative_humidity": self.relative_humidity_pct,
            "co2": self.co2_ppm,
            "ppfd": self.ppfd,
            "ph": self.water_ph,
            "ec": self.water_ec_ms_cm,
            "water_temperature": self.water_temperature_c,
            "global_radiation": self.global_radiation_w_m2,
            "power": self.power_w,
            "lamp": self.lamp,
            "pump": self.pump,
            "door": self.door,
            "vent": self.vent,
        }


class _Chance(NamedTuple):
    """Four numbers from -1 to 1, for one quarter of an hour."""

    a: float
    b: float
    c: float
    d: float


class RoomModel:
    """One room or bay.

    Args:
        seed: Two rooms with different seeds differ in everything chance touches.
        start: Aware UTC; the first state is where the room would settle at that moment.
        latitude: For the sun, in degrees north. Aizu has 37.5.
        utc_offset_h: Local time, by which lamps and people go.
    """

    def __init__(
        self,
        kind: Kind,
        seed: int,
        *,
        start: datetime,
        latitude: float = 37.5,
        utc_offset_h: float = 9.0,
    ) -> None:
        self._kind, self._seed, self._offset_h = kind, seed * 0x9E3779B97F4A7C15, utc_offset_h
        self._sin_latitude = math.sin(math.radians(latitude))
        self._cos_latitude = math.cos(math.radians(latitude))
        self._lamps_on_h = 5.0 + seed % 4
        self._now_s = start.timestamp() - 86_400
        self._step_s, self._follow = 0.0, (1.0, 1.0, 1.0)
        self._bucket, self._from, self._to = -1, _Chance(0, 0, 0, 0), _Chance(0, 0, 0, 0)
        self._day, self._sun, self._clear, self._fault = -1, (0.0, 0.0, 0.0), 0.5, False
        self._air_c, self._humidity_pct, self._co2_ppm = 20.0, 75.0, 600.0
        self.step(start)  # after a day nothing of the first guess is left

    def step(self, until: datetime) -> RoomState:
        """Let the room live until a moment and return what it is like then.

        Raises:
            ValueError: `until` lies before the last step; a room has no way back.
        """
        now_s = until.timestamp()
        step_s = now_s - self._now_s
        if step_s < 0:
            raise ValueError(f"the room is already {-step_s:.0f} s further than {until}")
        if step_s != self._step_s:
            self._step_s = step_s
            self._follow = (
                1 - math.exp(-step_s / _AIR_S),
                1 - math.exp(-step_s / _HUMIDITY_S),
                1 - math.exp(-step_s / _CO2_S),
            )
        self._now_s = now_s
        local_s = now_s + self._offset_h * 3600
        day, second = divmod(local_s, 86_400)
        if day != self._day:
            self._begin_day(int(day))
        chance = self._chance(now_s)
        hour = second / 3600
        if self._kind == "plant_factory":
            return self._factory(until, hour, chance)
        return self._greenhouse(until, hour, chance)

    def _factory(self, at: datetime, hour: float, chance: _Chance) -> RoomState:
        lit = (hour - self._lamps_on_h) % 24 < LAMP_HOURS
        # Somebody works in the room on most mornings and afternoons, and the door stands open.
        door = (9 <= hour < 11 or 14 <= hour < 16) and chance.d > 0.2
        air_c = (23.5 if lit else 19.2) + 0.5 * chance.a + (1.2 if door else 0.0)
        humidity_pct = (69.0 if lit else 77.0) + 2.5 * chance.b - (6.0 if door else 0.0)
        co2_ppm = (1000.0 if lit else 1420.0) + 35.0 * chance.c
        if self._fault and 8 <= hour < 15:  # the dehumidifier has tripped
            humidity_pct = 93.0 + chance.b
        self._approach(air_c, humidity_pct, 640.0 if door else co2_ppm)
        ppfd = LAMP_PPFD * (1 + 0.01 * chance.c) if lit else 0.0
        outside_c = self._outside(hour)
        power_w = (5200.0 if lit else 350.0) + 60.0 * abs(self._air_c - outside_c)
        state = self._state(at, ppfd, outside_c, self._sunshine(hour), power_w)
        return state._replace(lamp=float(lit), pump=float(hour % 1 < PUMP_SHARE), door=float(door))

    def _greenhouse(self, at: datetime, hour: float, chance: _Chance) -> RoomState:
        outside_c = self._outside(hour) + 0.8 * chance.a
        sun_w_m2 = self._sunshine(hour) * (1 + 0.25 * chance.c * (1 - self._clear))
        # Glass takes a quarter of the light; the rest warms until the vents open at 25 °C.
        warmed_c = outside_c + 0.022 * sun_w_m2
        air_c = max(11.0 + chance.b, warmed_c)
        vented = max(0.0, air_c - 25.0)
        air_c -= 0.7 * vented
        humidity_pct = 88.0 - 1.1 * max(0.0, air_c - 14.0) - 0.9 * vented + 3.0 * chance.b
        breath_ppm = 130.0 if sun_w_m2 < 5 else -0.12 * min(sun_w_m2, 500) / (1 + 0.3 * vented)
        self._approach(air_c, min(max(humidity_pct, 30.0), 97.0), 425.0 + breath_ppm)
        ppfd = 0.75 * sun_w_m2 * 2.02
        heating_w = 900.0 * max(0.0, air_c - warmed_c)
        state = self._state(at, ppfd, outside_c, sun_w_m2, 120.0 + heating_w)
        return state._replace(vent=round(min(1.0, vented / 10), 1))

    def _approach(self, air_c: float, humidity_pct: float, co2_ppm: float) -> None:
        air, humidity, co2 = self._follow
        self._air_c += (air_c - self._air_c) * air
        self._humidity_pct += (humidity_pct - self._humidity_pct) * humidity
        self._co2_ppm += (co2_ppm - self._co2_ppm) * co2

    def _state(
        self, at: datetime, ppfd: float, outside_c: float, sun_w_m2: float, power_w: float
    ) -> RoomState:
        # Roots take water and nutrients for three days; then the tank is topped up.
        days = self._now_s / 86_400 + self._lamps_on_h / 7
        used = days % 3 / 3
        return RoomState(
            at,
            self._air_c,
            self._humidity_pct,
            self._co2_ppm,
            ppfd,
            5.75 + 0.5 * used,
            1.85 - 0.22 * used,
            self._air_c - 2.0 + 0.3 * (used - 0.5),
            outside_c,
            sun_w_m2,
            power_w,
        )

    def _begin_day(self, day: int) -> None:
        """What holds for a whole local day: season, clear or dull, a fault or not."""
        self._day = day
        year = 2 * math.pi * (day - 10) / 365.25  # 0 ten days after the solstice of December
        declination = -0.409 * math.cos(year)
        self._sun = (
            self._sin_latitude * math.sin(declination),
            self._cos_latitude * math.cos(declination),
            # The air follows the sun by a month.
            11.8 - 12.8 * math.cos(year - 0.5),
        )
        chance = _mixed(self._seed ^ day * 0xD1B54A32D192ED03)
        self._clear = 0.25 + 0.75 * (chance & 0xFFFF) / 0xFFFF
        self._fault = (chance >> 16) % 67 == 0

    def _outside(self, hour: float) -> float:
        # Coldest before sunrise, warmest after two; a clear day swings more.
        swing_c = 2.5 + 3.5 * self._clear
        season_c = self._sun[2] + 5.0 * (self._clear - 0.6)
        return season_c - swing_c * math.cos((hour - 2.5) * math.pi / 12)

    def _sunshine(self, hour: float) -> float:
        """Global radiation outside. [W/m²]"""
        polar, equatorial, _ = self._sun
        height = polar + equatorial * math.cos((hour - 12) * math.pi / 12)
        return 1000.0 * self._clear * height if height > 0 else 0.0

    def _chance(self, now_s: float) -> _Chance:
        bucket, rest = divmod(now_s, _BUCKET_S)
        if bucket != self._bucket:
            following = bucket == self._bucket + 1
            self._from = self._to if following else self._drawn(int(bucket))
            self._to = self._drawn(int(bucket) + 1)
            self._bucket = int(bucket)
        if not rest:
            return self._from
        part = rest / _BUCKET_S
        return _Chance(
            *(old + (new - old) * part for old, new in zip(self._from, self._to, strict=True))
        )

    def _drawn(self, bucket: int) -> _Chance:
        bits = _mixed(self._seed + bucket)
        return _Chance(
            (bits & 0xFFFF) / 0x8000 - 1,
            (bits >> 16 & 0xFFFF) / 0x8000 - 1,
            (bits >> 32 & 0xFFFF) / 0x8000 - 1,
            (bits >> 48) / 0x8000 - 1,
        )


def _mixed(number: int) -> int:
    """Spread a number over 64 bits.

    Source: Steele, Lea, Flood, Fast splittable pseudorandom number generators (2014), SplitMix64.
    """
    bits = number * 0x9E3779B97F4A7C15 & _MASK
    bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    bits = (bits ^ bits >> 27) * 0x94D049BB133111EB & _MASK
    return bits ^ bits >> 31
