"""A fault: which rule a text breaks, and where in it."""

from typing import NamedTuple


class Fault(NamedTuple):
    rule: str
    start: int
    length: int

    def moved(self, by: int) -> "Fault":
        return Fault(self.rule, self.start + by, self.length)


def whole(rule: str, text: str) -> Fault:
    """Return a fault that the whole text is to blame for."""
    return Fault(rule, 0, len(text))


def digits(text: str) -> Fault | None:
    if text.isascii() and text.isdigit():
        return None
    for at, char in enumerate(text):
        if not "0" <= char <= "9":
            return Fault("non_digit_character", at, 1)
    return None


def sized_digits(text: str, length: int, what: str) -> Fault | None:
    if len(text) != length:
        return whole(f"{what}_too_{'short' if len(text) < length else 'long'}", text)
    return digits(text)
