"""How a Modbus device is asked: its registers in as few questions as they allow.

Keys of a `[[value]]`: `register` (counted from 0), `function`, `type`, `order`.
Keys at the top: `merge_gap`; `status` (a register that is 0 while all is well); `auto_baseline`
(a register that must hold a value, read first and written only where it differs, because such
registers live in memory that wears).
"""

import itertools

from sensors.dialogues.talk import Ask, Call, Heard, Talk
from sensors.errors import BadProfile
from sensors.line import Line
from sensors.profile import Key, Profile
from sensors.reading import Reason
from sensors.wires import modbus
from sensors.wires.modbus import Answer, Function, Read, Request, Write
from sensors.wires.registers import NUMBERS, ORDERS, number

FRAMES = "hex"
LINE = Line(9600)
FUNCTIONS = {
    "coil": Function.READ_COILS,
    "discrete": Function.READ_DISCRETE_INPUTS,
    "holding": Function.READ_HOLDING,
    "input": Function.READ_INPUT,
}
PROFILE_KEYS = {
    "merge_gap": Key(
        int, "registers nobody needs that may be read in between, 0 to 100", low=0, high=100
    ),
    "status": Key(dict, 'status = { register = 0, function = "input" }'),
    "auto_baseline": Key(dict, "auto_baseline = { register = 31, value = 0 }"),
}
VALUE_KEYS = {
    "register": Key(
        int, "the register's address counted from 0 (40001 is 0)", required=True, low=0, high=65535
    ),
    "function": Key(str, "which table it is in", required=True, choices=tuple(FUNCTIONS)),
    "type": Key(str, "how the number is written", choices=tuple(NUMBERS)),
    "order": Key(str, "A is the most significant byte", choices=ORDERS),
}

_Words = dict[tuple[Function, int], int]
# A new number for every question: a late answer on a TCP stream is told by its old one.
_TRANSACTIONS = itertools.count(1)


def read(profile: Profile, call: Call) -> Talk[Heard]:
    """Read every value of the profile, neighbours together."""
    unit = unit_of(profile, call)
    words: _Words = {}
    for request in modbus.merge(_needed(profile, unit), gap=profile.how.get("merge_gap", 0)):
        answer = yield from _exchange(profile, call, request)
        for place, word in enumerate(answer.values):
            words[request.function, request.start + place] = word
    values = {value.key: _number(words, dict(value.how)) for value in profile.values}
    status = profile.how.get("status")
    doubted = status is not None and _number(words, status) != 0
    return Heard(values, Reason.DEVICE_STATUS if doubted else Reason.NONE)


def prepare(profile: Profile, call: Call) -> Talk[None]:
    """Set the auto-baseline as the profile wants it, where the device has it otherwise."""
    policy = profile.how.get("auto_baseline")
    if policy is None:
        return
    unit, register, wanted = unit_of(profile, call), policy["register"], policy["value"]
    answer = yield from _exchange(profile, call, Read(unit, Function.READ_HOLDING, register, 1))
    if answer.values != (wanted,):
        write = Write(unit, Function.WRITE_REGISTER, register, (wanted,))
        yield from _exchange(profile, call, write)


def unit_of(profile: Profile, call: Call) -> int:
    """Return the Modbus unit to ask.

    Raises:
        BadProfile: the address is no unit number.
    """
    try:
        unit = int(str(call.address), 0)
    except ValueError:
        unit = -1
    if not 1 <= unit <= 255:
        right = "a Modbus unit is a number from 1 to 247 (254 is Senseair's any)"
        problem = f"address {call.address!r}"
        raise BadProfile(file=profile.model, line=0, problem=problem, right=right)
    return unit


def _needed(profile: Profile, unit: int) -> list[Read]:
    places = [dict(value.how) for value in profile.values]
    if "status" in profile.how:
        places.append(profile.how["status"])
    return [
        Read(unit, _function(place), place["register"], NUMBERS[place.get("type", "u16")][0])
        for place in places
    ]


def _exchange(profile: Profile, call: Call, request: Request) -> Talk[Answer]:
    limit_s = modbus.limit_s(request, call.line, device_s=profile.answers_within_s)
    if call.tcp:
        transaction = next(_TRANSACTIONS) & 0xFFFF
        arrived = yield Ask(
            request.to_tcp(transaction),
            lambda b: modbus.is_complete_tcp(request, b, transaction=transaction),
            limit_s,
        )
        return modbus.answer_to_tcp(request, arrived, transaction=transaction)
    arrived = yield Ask(
        request.to_bytes(), lambda b: modbus.is_complete(request, b, echo=call.echo), limit_s
    )
    return modbus.answer_to(request, arrived, echo=call.echo)


def _number(words: _Words, place: dict[str, object]) -> float:
    kind = str(place.get("type", "u16"))
    register, function = place["register"], _function(place)
    assert isinstance(register, int)
    registers = tuple(words[function, register + n] for n in range(NUMBERS[kind][0]))
    return number(registers, kind, str(place.get("order", "ABCD")))


def _function(place: dict[str, object]) -> Function:
    return FUNCTIONS[str(place.get("function", "holding"))]
