"""What passes between a dialogue, which knows what to say, and a port, which can say it.

A dialogue is a generator: it yields an `Ask`, is sent the bytes that came back, yields the next,
and returns what it `Heard`. Whoever drives it does the waiting, so a test drives it with bytes
and nothing else. Where nothing came in time the driver throws `NoAnswer` into it; a dialogue
whose protocol demands a retry catches that and asks again, every other lets it through.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from sensors.line import Line
from sensors.reading import Reason

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Ask:
    """One exchange on the wire.

    `request` is sent (empty: only listen). `is_complete` sees everything that arrived so far and
    says whether the answer is all there. `limit_s` is how long to wait for it, from the first
    byte of the request: line time both ways and the device's own time. `fresh` throws away what
    had arrived before; a request always does, listening only where it is asked for, because the
    rest of an answer (a service request) may be what is listened for.
    """

    request: bytes
    is_complete: Callable[[bytes], bool]
    limit_s: float
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """The raw numbers of one reading, before scale and unit, by `Value.key`.

    None is the device's own way to say that there is no value (an empty field). `doubt` is set
    where the device itself doubts what it measured; it then holds for all values.
    """

    values: Mapping[str, float | None]
    doubt: Reason = Reason.NONE


@dataclass(frozen=True, slots=True)
class Call:
    """Where and how one device is asked, beside what its profile says.

    `temperature_c` is that of the water around a probe that compensates for it, where known.
    `tcp` asks for the wire's TCP framing, `echo` says that the adapter repeats what we send.
    """

    address: int | str
    line: Line = field(default_factory=Line)
    temperature_c: float | None = None
    tcp: bool = False
    echo: bool = False


Talk = Generator[Ask, bytes, _T]
