"""A dialogue played with known bytes instead of a port: how a profile is tested, and how bytes
that a farm sends in are decoded at a desk."""

import math
from collections.abc import Iterator, Sequence

from sensors.dialogues.talk import Call, Heard
from sensors.errors import NoAnswer, SensorError
from sensors.profile import Example, Profile
from sensors.reading import Reason


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


def complaints(profile: Profile) -> list[str]:
    """Play every example of a profile; return what is wrong, one sentence each, or nothing.

    A value that no example proves is a complaint, too: its register may be the neighbour's.
    """
    found = [
        f"example {number} ({example.origin}): {problem}"
        for number, example in enumerate(profile.examples, start=1)
        if (problem := _problem(profile, example))
    ]
    proven = {key for example in profile.examples for key in example.gives}
    found += [f"no example shows {v.key}" for v in profile.values if v.key not in proven]
    return found


def _problem(profile: Profile, example: Example) -> str:
    try:
        heard = rehearse(profile, example)
    except WrongQuestion as error:
        return str(error)
    except SensorError as error:
        return "" if error.code == example.error else f"{error.code}: {error}"
    if example.error:
        return f"is understood, but should end in {example.error}"
    if (heard.doubt is not Reason.NONE) != example.doubt:
        return "the device doubts its values, or should and does not (doubt = true)"
    for value in profile.values:
        got = value.measured(heard.values[value.key])
        wanted = example.gives.get(value.key, got)
        if not _same(got, wanted):
            return f"{value.key} is {got}, not {wanted}"
    return ""


def _same(got: float | None, wanted: float | None) -> bool:
    if got is None or wanted is None:
        return got is wanted
    # A float of 32 bits has seven digits.
    return math.isclose(got, wanted, rel_tol=1e-6, abs_tol=1e-9)


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
