"""A probe: one device of a known model on a port, read into judged readings.

No loop, no retry, no log: the caller sets the pace (`sensors.schedule`) and owns the clock.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from sensors.dialogues.talk import Call, Heard, Talk
from sensors.errors import DeviceRefused, NoAnswer, PortLost, SensorError
from sensors.port import Port
from sensors.profile import Profile, Value
from sensors.quality import Judge
from sensors.reading import Reading, Reason

_T = TypeVar("_T")

# One lost answer is a bad cable; so many in a row may be a power cut, after which the probe has
# forgotten its settings and warms up again.
SILENCES_OF_A_POWER_CUT = 3


@dataclass(frozen=True, slots=True)
class Spoken:
    """One exchange as it went over the wire, for a technician."""

    sent: bytes
    came: bytes
    took_s: float


def utc_now() -> datetime:
    return datetime.now(UTC)


def probe_for(
    profile: Profile,
    *,
    device: str,
    port: Port,
    address: int | str | None = None,
    now: Callable[[], datetime] = utc_now,
    prepare: bool = True,
) -> "Probe":
    """Return a probe that is ready to be read.

    Args:
        device: The name its readings carry.
        address: Where it answers; None: as it leaves the factory.
        now: The clock, aware UTC; a replay hands in its own.
        prepare: Whether it may be written to (talking stopped, auto-baseline off) before the
            first reading. A scan hands in False: it only asks.
    """
    place = profile.address if address is None else address
    return Probe(device, profile, port, place, now, prepare)


@dataclass(slots=True)
class Probe:
    """One device. `spoken` holds the exchanges of the last `read`, also of one that failed;
    `not_prepared` what it refused of its preparation, which does not stop it from being read."""

    device: str
    profile: Profile
    port: Port
    address: int | str
    now: Callable[[], datetime]
    prepare: bool = True
    spoken: list[Spoken] = field(default_factory=list)
    not_prepared: DeviceRefused | None = None
    _judges: dict[str, Judge] = field(default_factory=dict)
    _prepared_at: datetime | None = None
    _answers_since: datetime | None = None
    _silences: int = 0

    async def read(self, *, temperature_c: float | None = None) -> list[Reading]:
        """Take one reading of everything the device measures, judged.

        Args:
            temperature_c: The water's temperature, for a probe that compensates for it. [°C]

        Raises:
            NoAnswer, DamagedFrame, DeviceRefused, PortLost: as the port and the wire say.
        """
        self.spoken.clear()
        call = Call(self.address, self.port.line, temperature_c, self.port.tcp, self.port.echo)
        try:
            await self._prepare(call)
            heard = await self._drive(self.profile.dialogue.read(self.profile, call))
        except SensorError as error:
            self._note_silence(error)
            raise
        self._silences = 0
        return self._judged(heard, self.now())

    def _note_silence(self, error: SensorError) -> None:
        """Busy and damaged say that it has power; silence may mean that it has lost it."""
        if isinstance(error, NoAnswer):
            self._silences += 1
        if isinstance(error, PortLost) or self._silences >= SILENCES_OF_A_POWER_CUT:
            self._prepared_at = self._answers_since = None

    async def _prepare(self, call: Call) -> None:
        if not self.prepare or self._is_prepared(self.now()):
            return
        try:
            await self._drive(self.profile.dialogue.prepare(self.profile, call))
            self.not_prepared = None
        except DeviceRefused as error:
            self.not_prepared = error
        self._prepared_at = self.now()

    def _is_prepared(self, now: datetime) -> bool:
        if self._prepared_at is None:
            return False
        again_s = self.profile.prepare_every_s
        return again_s is None or (now - self._prepared_at).total_seconds() < again_s

    async def _drive(self, talk: Talk[_T]) -> _T:
        """Say what a dialogue wants said, until it has heard enough."""
        try:
            ask = next(talk)
            while True:
                began = time.monotonic()
                try:
                    came = await self.port.exchange(
                        ask.request,
                        is_complete=ask.is_complete,
                        limit_s=ask.limit_s,
                        fresh=ask.fresh,
                    )
                except NoAnswer as silence:
                    self.spoken.append(Spoken(ask.request, b"", time.monotonic() - began))
                    limit_ms = silence.facts["limit_ms"]
                    ask = talk.throw(NoAnswer(device=self.device, limit_ms=limit_ms))
                else:
                    self.spoken.append(Spoken(ask.request, came, time.monotonic() - began))
                    ask = talk.send(came)
        except StopIteration as end:
            result: _T = end.value
            return result

    def _judged(self, heard: Heard, at: datetime) -> list[Reading]:
        if self._answers_since is None:
            self._answers_since = at
        warming_up = (at - self._answers_since).total_seconds() < self.profile.warm_up_s
        return [
            self._reading(value, heard.values[value.key], at, heard.doubt, warming_up=warming_up)
            for value in self.profile.values
        ]

    def _reading(
        self, value: Value, raw: float | None, at: datetime, doubt: Reason, *, warming_up: bool
    ) -> Reading:
        judge = self._judges.setdefault(value.key, judge_of(value))
        said = judge.judge(value.measured(raw), at, doubt=doubt, warming_up=warming_up)
        return Reading(
            self.device, value.quantity, said.value, at, said.quality, said.reason, value.channel
        )


def judge_of(value: Value) -> Judge:
    """Return a fresh judge with the limits of a profile's value, in the quantity's unit."""
    return Judge(
        value.quantity,
        low=value.canonical(value.low),
        high=value.canonical(value.high),
        resolution=value.step,
        stuck_after_s=value.stuck_after_s,
    )
