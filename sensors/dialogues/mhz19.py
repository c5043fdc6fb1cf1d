"""How a Winsen MH-Z19 is asked: one question, nine bytes back.

Key of a `[[value]]`: `field`, co2 or temperature (of the probe's inside, not the room's).
Key at the top: `auto_baseline`, false to switch it off; said again as often as
`prepare_every_s` says, because the probe forgets it at power loss and some every day.
"""

from sensors.dialogues.talk import Ask, Call, Heard, Talk
from sensors.errors import NoAnswer
from sensors.line import Line
from sensors.profile import Key, Profile
from sensors.reading import Reason
from sensors.wires import mhz19
from sensors.wires.mhz19 import Answer

FRAMES = "hex"
LINE = Line(9600)
PROFILE_KEYS = {"auto_baseline": Key(bool, "false in a greenhouse or a closed room")}
VALUE_KEYS = {
    "field": Key(str, "which of its numbers", required=True, choices=("co2", "temperature")),
}
# Placeholders are told from values by time; only the probe's own boot marker counts here.
_LONG_POWERED_S = float("inf")


def read(profile: Profile, call: Call) -> Talk[Heard]:
    """Take one reading; while the probe says that it boots, the value is doubted."""
    arrived = yield _ask(mhz19.READ, call, profile.answers_within_s)
    answer = Answer.from_bytes(mhz19.first_answer(arrived))
    numbers = {"co2": answer.co2_ppm, "temperature": answer.temperature_c}
    booting = answer.is_placeholder(powered_s=_LONG_POWERED_S)
    return Heard(
        {value.key: float(numbers[value.how["field"]]) for value in profile.values},
        Reason.WARM_UP if booting else Reason.NONE,
    )


def prepare(profile: Profile, call: Call) -> Talk[None]:
    """Switch the auto-baseline as the profile wants it."""
    wanted = profile.how.get("auto_baseline")
    if wanted is None:
        return
    try:
        yield _ask(mhz19.ABC_ON if wanted else mhz19.ABC_OFF, call, profile.answers_within_s)
    except NoAnswer:
        # Most firmware obeys this command without a word.
        return


def _ask(request: bytes, call: Call, device_s: float) -> Ask:
    limit_s = device_s + call.line.time_s(2 * mhz19.LENGTH)
    return Ask(request, lambda arrived: _is_complete(arrived, request[2]), limit_s)


def _is_complete(arrived: bytes, number: int) -> bool:
    frames = mhz19.Frames().feed(arrived)
    return any(frame[1] == number for frame in frames)
