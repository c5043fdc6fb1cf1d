"""A dialogue played with known bytes instead of a port: how a profile is tested, and how bytes
that a farm sends in are decoded at a desk."""

from collections.abc import Iterator, Sequence

from sensors.dialogues.talk import Call, Heard
from sensors.errors import NoAnswer
from sensors.profile import Example, Profile


class WrongQuestion(AssertionError):
    """The profile asks something else than the example says is sent."""


def rehearse(profile: Profile, example: Example) -> Heard:
    """Play one example of a profile; what the device says is taken from it.

    Raises:
        WrongQuestion: the profile would send other bytes.
        SensorError: what the dialogue itself makes of the bytes.
    """
    address = profile.address if example.address is None else example.address
    call = Call(address, profile.line, example.temperature_c)
    return _played(profile, call, iter(example.exchanges))


def decode(profile: Profile, answers: Sequence[bytes], call: Call | None = None) -> Heard:
    """Read what a device said, given its answers in the order of the profile's questions.

    Raises:
        NoAnswer: the profile asks more questions than there are answers.
        SensorError: what the dialogue itself makes of the bytes.
    """
    call = call or Call(profile.address, profile.line)
    return _played(profile, call, ((b"", answer) for answer in answers))


def _played(profile: Profile, call: Call, exchanges: Iterator[tuple[bytes, bytes]]) -> Heard:
    talk = profile.dialogue.read(profile, call)
    try:
        ask = next(talk)
        while True:
            sent, answer = next(exchanges, (b"", b""))
            if sent and sent != ask.request:
                raise WrongQuestion(f"sends {ask.request.hex(' ')}, not {sent.hex(' ')}")
            if not answer:
                limit_ms = round(ask.limit_s * 1000)
                ask = talk.throw(NoAnswer(device=profile.name, limit_ms=limit_ms))
            else:
                ask = talk.send(answer)
    except StopIteration as end:
        heard: Heard = end.value
        return heard
