"""Element strings: AIs and their values, as printed (01)…(10)…, and as a barcode carries them.

One bad element does not hide the rest: reading returns what could be read and every error.
FNC1, the separator, is 0x1D in scanned data and may be written ^.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from traceability.gs1 import dictionary, linters
from traceability.gs1.dictionary import AI, Component
from traceability.gs1.errors import BadElement, Gs1Error, NotGs1
from traceability.gs1.faults import Fault
from traceability.gs1.reasons import facts_of, reason

FNC1 = "\x1d"
WRITTEN_FNC1 = "^"

# The common case in one look; the linter is asked only to say where it went wrong.
_ONLY = {
    "N": re.compile(r"[0-9]+"),
    "X": re.compile(r"[!\"%-?A-Z_a-z]+"),
    "Y": re.compile(r"[#\-/0-9A-Z]+"),
}

# What an AI breaks when the separator behind it is missing and the next AI became its value.
_RAN_ON = frozenset({"value_too_long", "non_digit_character", "invalid_cset39_character"})


class Element(NamedTuple):
    """One AI and its value; `position` is where the value starts in the text it was read from."""

    ai: str
    value: str
    position: int = 0


@dataclass(frozen=True, slots=True)
class Parsed:
    """What could be read, and what could not."""

    elements: tuple[Element, ...]
    errors: tuple[Gs1Error, ...] = ()

    def checked(self) -> tuple[Element, ...]:
        """Return the elements, or raise the first error."""
        if self.errors:
            raise self.errors[0]
        return self.elements


def check_value(code: str, value: str, *, position: int | None = None) -> None:
    """Raise BadElement if `value` may not stand under the AI `code`.

    Args:
        position: where the value starts in the text it came from; errors count from there.
    """
    ai = dictionary.find(code)
    if ai is None:
        raise _unknown_ai(code, position)
    fault = fault_in(ai, value)
    if fault is not None:
        raise bad_value(ai, value, fault, position)


def fault_in(ai: AI, value: str) -> Fault | None:
    """Return the first rule of its AI that `value` breaks, or None."""
    if not value:
        return Fault("value_empty", 0, 0)
    if len(value) > ai.longest:
        return Fault("value_too_long", ai.longest, len(value) - ai.longest)
    if len(value) < ai.shortest:
        return Fault("value_too_short", 0, len(value))
    at = 0
    for check in _checks(ai):
        end = min(at + check.longest, len(value))
        if end == at and check.optional:
            continue
        if end - at < check.shortest:
            return Fault("value_too_short", at, end - at)
        fault = check(value[at:end])
        if fault is not None:
            return fault.moved(at)
        at = end
    return None


def bad_value(
    ai: AI, value: str, fault: Fault, position: int | None, *, hint: str | None = None
) -> BadElement:
    """Return the error for a fault; `hint`: a likelier cause than the usual one."""
    problem, cause = reason(fault)
    return BadElement(
        problem,
        hint=hint or cause,
        code=fault.rule,
        ai=ai.code,
        position=None if position is None else position + fault.start,
        title=ai.title or "a coupon",
        **facts_of(fault, value),
        **_lengths(ai),
    )


def parse_bracketed(text: str, *, permit_unknown: bool = False) -> Parsed:
    r"""Read (01)…(10)…; a bracket that belongs to a value is written \(."""
    elements: list[Element] = []
    errors: list[Gs1Error] = []
    if not text.startswith("("):
        return Parsed((), (_not_bracketed(text),))
    for code, start, end in _bracketed_parts(text):
        ai = dictionary.find(code, permit_unknown=permit_unknown)
        if ai is None:
            errors.append(_unknown_ai(code, start - len(code) - 1))
            continue
        written = text[start:end]
        value = written.replace("\\(", "(")
        fault = fault_in(ai, value)
        if fault is None:
            elements.append(Element(code, value, start))
        else:
            errors.append(
                bad_value(ai, value, fault, start + _escapes_before(written, fault.start))
            )
    return Parsed(tuple(elements), tuple(errors))


def parse_unbracketed(text: str, *, start: int = 0, permit_unknown: bool = False) -> Parsed:
    """Read AIs and values that follow each other, separated by FNC1 (0x1D) where GS1 asks for it.

    Args:
        text: with 0x1D for every FNC1; the one in first place is optional, since the caller knows
            by symbology that this is GS1 data.
        start: where in `text` the data begin.
    """
    elements: list[Element] = []
    errors: list[Gs1Error] = []
    at = start + text.startswith(FNC1, start)
    if at == len(text):
        errors.append(NotGs1("no data", hint="scan the code again", code="empty_data", position=at))
    while at < len(text):
        stop = text.find(FNC1, at)
        stop = len(text) if stop < 0 else stop
        ai = dictionary.find_prefix(text[at : at + 4], permit_unknown=permit_unknown)
        if ai is None:
            errors.append(_no_ai(text[at:stop], at))
        else:
            begin = at + len(ai.code)
            stop = min(stop, begin + ai.longest) if ai.predefined else stop
            value = text[begin:stop]
            fault = fault_in(ai, value)
            if fault is None:
                elements.append(Element(ai.code, value, begin))
            else:
                errors.append(bad_value(ai, value, fault, begin, hint=_separator(ai, fault)))
        at = stop + text.startswith(FNC1, stop)
    return Parsed(tuple(elements), tuple(errors))


def bracketed(elements: Iterable[tuple[str, ...] | Element]) -> str:
    r"""Write elements for people: (01)…(10)…

    >>> bracketed([("01", "04012345111118"), ("10", "A(1)")])
    '(01)04012345111118(10)A\\(1)'
    """
    return "".join(f"({ai})" + value.replace("(", "\\(") for ai, value, *_ in elements)


def unbracketed(elements: Sequence[tuple[str, ...] | Element], *, fnc1: str = FNC1) -> str:
    """Write elements as a barcode carries them, FNC1 first and wherever a separator is needed."""
    text = fnc1
    for index, (code, value, *_) in enumerate(elements):
        ai = dictionary.find(code, permit_unknown=True)
        text += code + value
        if index + 1 < len(elements) and not (ai and ai.predefined):
            text += fnc1
    return text


@dataclass(frozen=True, slots=True)
class _Check:
    """One component, ready to judge."""

    part: Component
    quick: Callable[[str], object] | None
    charset: Callable[[str], Fault | None]
    rules: tuple[Callable[[str], Fault | None], ...]
    shortest: int
    longest: int
    optional: bool

    def __call__(self, text: str) -> Fault | None:
        if self.quick is None or self.quick(text) is None:
            fault = self.charset(text)
            if fault is not None:
                return fault
        for rule in self.rules:
            fault = rule(text)
            if fault is not None:
                return fault
        return None


@cache
def _checks(ai: AI) -> tuple[_Check, ...]:
    return tuple(
        _Check(
            part=part,
            quick=_ONLY[part.charset].fullmatch if part.charset in _ONLY else None,
            charset=linters.CHARSETS[part.charset],
            rules=tuple(linters.LINTERS[name] for name in part.linters),
            shortest=part.shortest,
            longest=part.longest,
            optional=part.optional,
        )
        for part in ai.components
    )


def _bracketed_parts(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield each AI with where its value starts and ends."""
    opens = [match.start() for match in re.finditer(r"(?<!\\)\(", text)]
    for begin, end in zip(opens, [*opens[1:], len(text)], strict=True):
        close = text.find(")", begin, end)
        close = end if close < 0 else close
        yield text[begin + 1 : close], min(close + 1, end), end


def _escapes_before(written: str, offset: int) -> int:
    """Return how much further right character `offset` stands as written, for its escapes."""
    at = 0
    for _ in range(offset):
        at += 2 if written.startswith("\\(", at) else 1
    return at - offset


def _lengths(ai: AI) -> dict[str, object]:
    kind = "digits" if all(part.charset == "N" for part in ai.components) else "characters"
    span = f"{ai.shortest}-{ai.longest}" if ai.shortest < ai.longest else str(ai.longest)
    return {"length": span, "kind": kind}


def _separator(ai: AI, fault: Fault) -> str | None:
    """Return the usual cause when an AI of open length swallowed what follows it."""
    if ai.predefined or fault.rule not in _RAN_ON:
        return None
    return "no separator after {title}: check the scanner's FNC1 setting (GS, 0x1D)"


def _unknown_ai(code: str, position: int | None) -> BadElement:
    return BadElement(
        "({ai}) is no AI that GS1 has allocated",
        hint="compare it with the label; PermitUnknownAIs reads AIs newer than this table",
        code="unknown_ai",
        ai=code,
        position=position,
    )


def _no_ai(rest: str, position: int) -> BadElement:
    return BadElement(
        "no AI starts as {start!r} does",
        hint="the value before it was cut off, or no separator stands between: check the scanner's "
        "FNC1 setting (GS, 0x1D)",
        code="no_ai_for_prefix",
        position=position,
        start=rest[:4],
    )


def _not_bracketed(text: str) -> NotGs1:
    return NotGs1(
        "an element string starts with an AI in brackets, as in (01), got {got!r}",
        hint="write the brackets, or give scanner data with its symbology identifier",
        code="no_brackets",
        position=0,
        got=text[:1],
    )
