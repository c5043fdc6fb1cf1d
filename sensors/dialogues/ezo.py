"""How an Atlas EZO circuit is asked: quiet first, then one reading at the water's temperature.

Key of a `[[value]]`: `field`, the place of its number in the answer, from 0.
Key at the top: `compensated`, true where the reading depends on the water's temperature; it is
then sent with every question (`RT`), because the circuit forgets it at power loss.
"""

from sensors.dialogues.talk import Ask, Call, Heard, Talk
from sensors.errors import DamagedFrame
from sensors.line import Line
from sensors.profile import Key, Profile
from sensors.wires import ezo

FRAMES = "text"
LINE = Line(9600)
PROFILE_KEYS = {
    "compensated": Key(bool, "true where the reading depends on the water's temperature"),
}
VALUE_KEYS = {
    "field": Key(
        int, "the place of its number in the answer, from 0", required=True, low=0, high=3
    ),
}
# The longest answer is four numbers and *OK.
_ANSWER_LENGTH = 48


def read(profile: Profile, call: Call) -> Talk[Heard]:
    """Take one reading, compensated where the water's temperature is known."""
    request = ezo.READ
    if profile.how.get("compensated") and call.temperature_c is not None:
        request = ezo.read_at(call.temperature_c)
    arrived = yield _ask(request, call, profile.answers_within_s)
    numbers = ezo.values(arrived, device=profile.name)
    fields = {value.key: value.how["field"] for value in profile.values}
    if max(fields.values()) >= len(numbers):
        raise DamagedFrame(
            wire="ezo",
            problem=f"{len(numbers)} fields",
            expected=f"{max(fields.values()) + 1} (switch them on with O,…)",
            got=repr(arrived[:64])[1:],
        )
    return Heard({key: numbers[place] for key, place in fields.items()})


def prepare(profile: Profile, call: Call) -> Talk[None]:
    """Stop continuous mode and switch response codes on."""
    # A command takes less than a reading; the longer limit only costs where nobody answers.
    limit_s = max(ezo.COMMAND_S, profile.answers_within_s)
    yield _ask(ezo.STOP_TALKING, call, limit_s)
    ezo.answer_to((yield _ask(ezo.CODES_ON, call, limit_s)), device=profile.name)


def _ask(request: bytes, call: Call, device_s: float) -> Ask:
    limit_s = device_s + call.line.time_s(len(request) + _ANSWER_LENGTH)
    return Ask(request, ezo.is_complete, limit_s)
