"""Which elements need each other, and which may not meet.

Judged over everything that marks one physical item, so a caller with two barcodes on one box
checks them together.
"""

from collections.abc import Iterable, Iterator, Sequence

from traceability.gs1 import dictionary
from traceability.gs1.elements import Element
from traceability.gs1.errors import BadPairing
from traceability.gs1.options import STRICT, Options

# Keys whose serial is optional; a digital signature is about one thing, so it asks for the serial.
_KEYS_WITH_OPTIONAL_SERIAL = ("253", "255", "8003")
_DIGITAL_SIGNATURE = "8030"


def pairing_errors(elements: Sequence[Element], *, options: Options = STRICT) -> list[BadPairing]:
    """Return everything wrong with these elements standing together, in their order."""
    codes = list(dict.fromkeys(element.ai for element in elements))
    errors = list(_excluded(elements, codes))
    if options.requisites:
        errors += _missing(elements, codes)
    errors += _repeated(elements)
    errors += _without_serial(elements, codes)
    return errors


def check_pairs(elements: Sequence[Element], *, options: Options = STRICT) -> None:
    """Raise the first BadPairing, if there is any."""
    for error in pairing_errors(elements, options=options):
        raise error


def matches(pattern: str, code: str) -> bool:
    """Return whether an AI fits a pattern of the dictionary, where n stands for any digit."""
    return len(pattern) == len(code) and all(
        asked in ("n", given) for asked, given in zip(pattern, code, strict=True)
    )


def _excluded(elements: Iterable[Element], codes: Sequence[str]) -> Iterator[BadPairing]:
    for element in _first_of_each(elements):
        ai = dictionary.find(element.ai)
        for pattern in ai.excludes if ai else ():
            met = next((c for c in codes if c != element.ai and matches(pattern, c)), None)
            if met is not None:
                yield BadPairing(
                    "may not stand beside AI ({other})",
                    hint="they say different things of one item; take one of them off the label",
                    code="invalid_ai_pair",
                    ai=element.ai,
                    position=element.position,
                    other=met,
                )


def _missing(elements: Iterable[Element], codes: Sequence[str]) -> Iterator[BadPairing]:
    for element in _first_of_each(elements):
        ai = dictionary.find(element.ai)
        if ai is None or not ai.needs:
            continue
        others = [code for code in codes if code != element.ai]
        if not any(_present(group, others) for group in ai.needs):
            groups = ", ".join("+".join(group) for group in ai.needs)
            yield BadPairing(
                "{title} means nothing alone; expected one of {groups}, got {others}",
                hint="scan the other barcode on the item too, or add the missing AI to the label",
                code="required_ai_missing",
                ai=element.ai,
                position=element.position,
                title=ai.title,
                groups=groups,
                others=_said(others),
            )


def _repeated(elements: Iterable[Element]) -> Iterator[BadPairing]:
    seen: dict[str, str] = {}
    for element in elements:
        value = seen.setdefault(element.ai, element.value)
        if value != element.value:
            yield BadPairing(
                "came twice, with {first!r} and {second!r}",
                hint="two labels of two items were read as one",
                code="repeated_ai_differs",
                ai=element.ai,
                position=element.position,
                first=value,
                second=element.value,
            )


def _without_serial(elements: Iterable[Element], codes: Sequence[str]) -> Iterator[BadPairing]:
    if _DIGITAL_SIGNATURE not in codes:
        return
    for element in elements:
        ai = dictionary.find(element.ai)
        if element.ai in _KEYS_WITH_OPTIONAL_SERIAL and ai and len(element.value) == ai.shortest:
            yield BadPairing(
                "has no serial, but stands beside a digital signature (8030)",
                hint="a signature is about one thing; add the serial to the key",
                code="serial_missing",
                ai=element.ai,
                position=element.position,
            )


def _first_of_each(elements: Iterable[Element]) -> list[Element]:
    first: dict[str, Element] = {}
    for element in elements:
        first.setdefault(element.ai, element)
    return list(first.values())


def _present(group: Iterable[str], codes: Sequence[str]) -> bool:
    return all(any(matches(pattern, code) for code in codes) for pattern in group)


def _said(codes: Sequence[str]) -> str:
    return ", ".join(codes) if codes else "no other AI"
