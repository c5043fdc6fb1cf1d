"""How an SDI-12 probe is asked through a USB adapter: measure, wait, fetch.

Keys at the top: `measure`, the command without address and `!` (M, MC, C1, CC …; R0 is read at
once). Key of a `[[value]]`: `field`, the place of its number among all that come, from 0.

A probe that is ready early says so (service request) after M; after C it stays silent, so that
others can be asked meanwhile. Each command is tried three times, as the specification asks.

Source: SDI-12 Specification 1.4, sections 4.4 and 7.
"""

import re
from collections.abc import Callable
from typing import TypeVar

from sensors.dialogues.talk import Ask, Call, Heard, Talk
from sensors.errors import BadProfile, DamagedFrame, NoAnswer
from sensors.line import Line
from sensors.profile import Key, Profile
from sensors.wires import sdi12
from sensors.wires.sdi12 import Command, Promise

_T = TypeVar("_T")

FRAMES = "text"
# The adapter's own line; behind it the wire runs at 1200 baud 7E1.
LINE = Line(9600)
PROFILE_KEYS = {"measure": Key(str, 'the command without address: "MC", "C", "M1", "R0"')}
VALUE_KEYS = {
    "field": Key(
        int, "the place of its number among all that come, from 0", required=True, low=0, high=98
    ),
}
_BUS_CHARACTER_S = 10 / 1200
_LONGEST_ANSWER = 80  # 75 characters of values, address, CRC, CR LF
_LAST_PAGE = 9  # D0 to D9
# Break, marking, and what an adapter adds.
_OVERHEAD_S = 0.1
_MEASURE = re.compile(r"(M|MC|C|CC)[1-9]?|RC?\d", re.ASCII)


def read(profile: Profile, call: Call) -> Talk[Heard]:
    """Take one reading: all values of one measurement."""
    address = _address(profile, call)
    verb = str(profile.how.get("measure", "MC"))
    if not _MEASURE.fullmatch(verb):
        right = "one of M, MC, C, CC, with 1 to 9 behind it, or R0 to R9"
        raise BadProfile(file=profile.model, line=0, problem=f"measure = {verb!r}", right=right)
    command = Command.from_bytes(f"{address}{verb}!".encode())
    if command.kind == "values":
        return _heard(profile, (yield from _values(profile, call, command, command)))
    promise = yield from _exchange(profile, call, command, Promise.from_text)
    if promise.seconds:
        yield from _wait(command, promise)
    return _heard(profile, (yield from _fetch(profile, call, command, promise)))


def prepare(profile: Profile, call: Call) -> Talk[None]:
    """Nothing: an SDI-12 probe keeps its settings."""
    del profile, call
    yield from ()


def _wait(command: Command, promise: Promise) -> Talk[None]:
    """Wait as long as the probe asked; after M it may be ready earlier and say so."""
    try:
        yield Ask(b"", lambda came: _serviced(came, command), promise.seconds + _OVERHEAD_S)
    except NoAnswer:
        return


def _serviced(came: bytes, command: Command) -> bool:
    return command.verb in ("M", "MC") and came.lstrip(b"\0\xff").startswith(
        command.address.encode() + b"\r\n"
    )


def _fetch(profile: Profile, call: Call, measured: Command, promise: Promise) -> Talk[list[float]]:
    found: list[float] = []
    for page in range(_LAST_PAGE + 1):
        command = Command(measured.address, "D", str(page))
        values = yield from _values(profile, call, command, measured)
        found += values
        # A page without values is how a probe says that its measurement failed.
        if len(found) >= promise.count or not values:
            break
    return found


def _values(profile: Profile, call: Call, command: Command, measured: Command) -> Talk[list[float]]:
    """Fetch one page; a CRC that does not fit is a reason to fetch it again."""
    return (
        yield from _exchange(
            profile, call, command, lambda text: sdi12.values(text, with_crc=measured.wants_crc)
        )
    )


def _exchange(
    profile: Profile, call: Call, command: Command, understand: Callable[[str], _T]
) -> Talk[_T]:
    """Ask up to three times; return what the right probe's answer means."""
    request = command.to_bytes()
    limit_s = profile.answers_within_s + _OVERHEAD_S
    limit_s += _BUS_CHARACTER_S * (len(request) + _LONGEST_ANSWER)
    limit_s += call.line.time_s(len(request) + _LONGEST_ANSWER)
    for attempt in range(1, sdi12.RETRIES + 1):
        try:
            arrived = yield Ask(request, lambda came: _is_complete(came, command), limit_s)
            line = sdi12.lines(_whole_lines(arrived), command)[-1]
            sdi12.check_address(line, command.answered_by)
            return understand(line)
        except (NoAnswer, DamagedFrame):
            if attempt == sdi12.RETRIES:
                raise
    raise AssertionError("the last attempt returns or raises")


def _is_complete(came: bytes, command: Command) -> bool:
    try:
        return b"\n" in came and bool(sdi12.lines(_whole_lines(came), command))
    except (NoAnswer, DamagedFrame):
        return False


def _whole_lines(came: bytes) -> bytes:
    """Cut off what an adapter adds when it lets go of the wire; without an end, all of it."""
    return came[: came.rfind(b"\n") + 1] or came


def _heard(profile: Profile, numbers: list[float]) -> Heard:
    places = {value.key: int(value.how["field"]) for value in profile.values}
    return Heard({key: numbers[at] if at < len(numbers) else None for key, at in places.items()})


def _address(profile: Profile, call: Call) -> str:
    address = str(call.address)
    if re.fullmatch(r"[0-9A-Za-z]", address, re.ASCII) is None:
        right = "an SDI-12 address is one of 0-9, A-Z, a-z"
        raise BadProfile(file=profile.model, line=0, problem=f"address {address!r}", right=right)
    return address
