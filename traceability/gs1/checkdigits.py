"""Check digits and check character pairs, and the keys that carry them.

Source: GS1 General Specifications, "Standard check digit calculations for GS1 data structures" and
"Check character calculation (for alphanumeric keys)".
"""

from traceability.gs1.errors import BadElement

# In the order that gives each character its value in the pair's calculation.
_CSET82_ORDER = (
    "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
)
CSET82 = {char: value for value, char in enumerate(_CSET82_ORDER)}
CSET32 = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

GTIN_LENGTHS = (8, 12, 13, 14)


def check_digit(digits: str) -> str:
    """Return the check digit that belongs after `digits` (GTIN, GLN, SSCC, GSRN, GSIN ...).

    >>> check_digit("0401234511111")
    '8'
    """
    # ASCII digits have code 48 + value; weights 3, 1, 3 ... from the right.
    codes = digits.encode("ascii")
    threes, ones = codes[::-2], codes[-2::-2]
    total = 3 * (sum(threes) - 48 * len(threes)) + sum(ones) - 48 * len(ones)
    return str(-total % 10)


def check_pair(text: str) -> str:
    """Return the two check characters of an alphanumeric key (GMN, MUDI).

    Args:
        text: the key without its pair, characters of CSET 82.

    >>> check_pair("97850l6KZm0y")
    'CD'
    """
    weights = _primes(len(text))
    total = sum(CSET82[char] * weight for char, weight in zip(reversed(text), weights, strict=True))
    high, low = divmod(total % 1021, 32)
    return CSET32[high] + CSET32[low]


def gtin14(text: str) -> str:
    """Return a GTIN of 8, 12, 13 or 14 digits as the 14 digits that AI 01 and links carry.

    Raises:
        BadElement: not digits, another length, or a wrong check digit.

    >>> gtin14("4012345111118")
    '04012345111118'
    """
    if not (text.isascii() and text.isdigit()) or len(text) not in GTIN_LENGTHS:
        raise BadElement(
            "a GTIN has 8, 12, 13 or 14 digits, got {got!r} ({length} characters)",
            hint="read the digits beneath the barcode once more",
            code="bad_gtin",
            ai="01",
            got=text,
            length=len(text),
        )
    return _with_right_digit(text, ai="01").zfill(14)


def gln13(text: str) -> str:
    """Return a GLN as it was given, once it is 13 digits with a right check digit.

    Raises:
        BadElement: anything else.
    """
    if not (text.isascii() and text.isdigit()) or len(text) != 13:
        raise BadElement(
            "a GLN has 13 digits, got {got!r} ({length} characters)",
            hint="copy it again from the GS1 membership page",
            code="bad_gln",
            ai="414",
            got=text,
            length=len(text),
        )
    return _with_right_digit(text, ai="414")


def wrong_digit(digits: str, *, ai: str, position: int | None = None) -> BadElement | None:
    """Return the error of digits that do not end in their check digit, or None.

    Args:
        position: where the check digit stands in the text they came from.
    """
    expected = check_digit(digits[:-1])
    if digits[-1] == expected:
        return None
    return BadElement(
        "{digits} ends in {last}, but its check digit is {expected}",
        hint="one digit was mistyped or misread; compare them all",
        code="incorrect_check_digit",
        ai=ai,
        position=position,
        digits=digits,
        last=digits[-1],
        expected=expected,
    )


def _with_right_digit(text: str, *, ai: str) -> str:
    error = wrong_digit(text, ai=ai)
    if error is not None:
        raise error
    return text


def _primes(count: int) -> list[int]:
    primes: list[int] = []
    candidate = 2
    while len(primes) < count:
        if all(candidate % prime for prime in primes):
            primes.append(candidate)
        candidate += 1
    return primes
