"""How an ECHONET Lite object is asked: one Get for all its properties, over UDP or Wi-SUN.

Keys of a `[[value]]`: `property` (EPC, 0x80 to 0xFF) and `field`, which part of it; `kwh` is a
total times the meter's coefficient and unit, which are asked along. The address of a device is
its host and object, `192.168.1.20/028801`.
"""

import re
from ipaddress import AddressValueError, IPv4Address

from sensors.dialogues.talk import Ask, Call, Heard, Talk
from sensors.errors import BadProfile, DamagedFrame, DeviceRefused
from sensors.line import Line
from sensors.profile import Key, Profile
from sensors.wires import echonet
from sensors.wires.echonet import EnergyScale, Frame, Service
from sensors.wires.faults import damaged

_FIELDS = (
    *("celsius", "rh", "ppm", "m_s", "degrees", "watts", "kwh"),
    *("r_a", "t_a", "rs_v", "st_v"),
    "on",
)

FRAMES = "hex"
LINE = Line(115_200)
PROFILE_KEYS: dict[str, Key] = {}
VALUE_KEYS = {
    "property": Key(int, "its number (EPC): 0xE7", required=True, low=0x80, high=0xFF),
    "field": Key(
        str,
        "which part of the property",
        required=True,
        choices=_FIELDS,
    ),
}
# What must be known to turn a total into kWh.
_SCALE = {0x0288: (0xD3, 0xE1), 0x0287: (0xC2,)}
# The port gives each question its own number; between us and the port there is only one.
_TID = 0


def read(profile: Profile, call: Call) -> Talk[Heard]:
    """Ask for every property of the profile at once; what the object has not is None."""
    host, eoj = _address(profile, call)
    question = echonet.get(_TID, eoj, _epcs(profile, eoj))
    request = host.encode("ascii") + b"\0" + question.to_bytes()
    arrived = yield Ask(request, bool, profile.answers_within_s)
    answer = Frame.from_bytes(arrived)
    if not answer.answers(question):
        raise _foreign(eoj, arrived)
    given = {prop.epc: prop.edt for prop in answer.all_properties if prop.edt}
    if answer.service is Service.GET_SNA and not given:
        raise DeviceRefused(
            device=profile.name,
            fault="get_sna",
            reason="it has none of the properties asked for",
            next_step="compare the object's class with the model's",
        )
    scale = EnergyScale()
    scale.learn(answer)
    return Heard({v.key: _number(eoj, given, dict(v.how), scale) for v in profile.values})


def prepare(profile: Profile, call: Call) -> Talk[None]:
    """Nothing: we never set anything in somebody's house."""
    del profile, call
    yield from ()


def _epcs(profile: Profile, eoj: int) -> tuple[int, ...]:
    asked = [value.how["property"] for value in profile.values]
    if any(value.how["field"] == "kwh" for value in profile.values):
        asked += _SCALE.get(eoj >> 8, ())
    return tuple(dict.fromkeys(asked))


def _number(
    eoj: int, given: dict[int, bytes], how: dict[str, object], scale: EnergyScale
) -> float | None:
    epc = how["property"]
    assert isinstance(epc, int)
    if epc not in given:
        return None
    _, meaning = echonet.explain(eoj, epc, given[epc])
    if how["field"] == "kwh":
        count = meaning.fields.get("value")
        return scale.kwh(eoj, count if isinstance(count, int) else None)
    found = meaning.fields.get(str(how["field"]))
    return float(found) if isinstance(found, (int, float)) else None


def _address(profile: Profile, call: Call) -> tuple[str, int]:
    host, _, eoj = str(call.address).partition("/")
    try:
        IPv4Address(host)
    except AddressValueError:
        host = ""
    if not host or re.fullmatch(r"[0-9A-Fa-f]{6}", eoj) is None:
        right = "host and object, such as 192.168.1.20/028801"
        problem = f"address {call.address!r}"
        raise BadProfile(file=profile.model, line=0, problem=problem, right=right)
    return host, int(eoj, 16)


def _foreign(eoj: int, arrived: bytes) -> DamagedFrame:
    return damaged("echonet", "foreign", expected=f"an answer of object {eoj:06X}", got=arrived)
