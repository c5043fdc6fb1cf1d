"""How a UECS network is asked: it is not; the port hears all nodes, and says what counts now.

Key at the top: `level`, how often the nodes send (A-1S-0, A-10S-0, A-1M-0), from which follows
how long a value is valid. Key of a `[[value]]`: `type`, the CCM's type with its suffix
(`InAirTemp.mIC`). The address of a device is its place, `room/region/order`; 0 is any.
"""

import re

from sensors.dialogues.talk import Ask, Call, Heard, Talk
from sensors.errors import BadProfile, DamagedFrame, NoAnswer
from sensors.line import Line
from sensors.profile import Key, Profile
from sensors.wires import uecs
from sensors.wires.faults import damaged
from sensors.wires.uecs import Values

FRAMES = "text"
LINE = Line()
PROFILE_KEYS = {"level": Key(str, "how often its nodes send: A-1S-0, A-10S-0 or A-1M-0")}
VALUE_KEYS = {"type": Key(str, 'the CCM\'s type: "InAirTemp.mIC"', required=True)}
_USUAL_LEVEL = "A-10S-0"


def read(profile: Profile, call: Call) -> Talk[Heard]:
    """Take what counts now of each type; a type nobody sends is None, none at all no answer."""
    place = _place(profile, call)
    level = str(profile.how.get("level", _USUAL_LEVEL))
    found: dict[str, float | None] = {}
    silence: NoAnswer | None = None
    for value in profile.values:
        request = f"{value.how['type']} {place} {level}".encode("ascii")
        try:
            arrived = yield Ask(request, bool, uecs.life_s(level))
            found[value.key] = _number(str(value.how["type"]), arrived)
        except NoAnswer as error:
            found[value.key], silence = None, error
    if silence is not None and not any(number is not None for number in found.values()):
        raise silence
    return Heard(found)


def prepare(profile: Profile, call: Call) -> Talk[None]:
    """Nothing: listening disturbs nobody."""
    del profile, call
    yield from ()


def _number(full_type: str, arrived: bytes) -> float:
    message = uecs.from_bytes(arrived)
    data = message.data if isinstance(message, Values) else ()
    found = next((each.value for each in data if each.full_type == full_type), None)
    if found is None:
        raise _foreign(full_type, arrived)
    return found


def _place(profile: Profile, call: Call) -> str:
    place = str(call.address)
    if re.fullmatch(r"\d{1,3}/\d{1,3}/\d{1,5}", place, re.ASCII) is None:
        right = "room/region/order, such as 1/1/1; 0 is any"
        raise BadProfile(file=profile.model, line=0, problem=f"address {place!r}", right=right)
    return place


def _foreign(full_type: str, arrived: bytes) -> DamagedFrame:
    return damaged("uecs", "foreign", expected=full_type, got=arrived, text=True)
