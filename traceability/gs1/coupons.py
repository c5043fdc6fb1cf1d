"""North American coupons, AI (8110) and (8112): fields that say their own length.

No farm prints these; they are here because a parser that claims every AI must judge them all.

Source: GS1 US, "North American Coupon Application Guideline Using GS1 DataBar Expanded Symbols".
"""

from collections.abc import Callable

from traceability.gs1.dates import yymmdd
from traceability.gs1.faults import Fault, whole


class _Refused(Exception):
    def __init__(self, fault: Fault) -> None:
        self.fault = fault


def coupon_code(text: str) -> Fault | None:
    """Check a coupon of AI (8110)."""
    return _judge(text, _coupon)


def positive_offer(text: str) -> Fault | None:
    """Check a positive offer file coupon of AI (8112)."""
    return _judge(text, _offer)


class _Reader:
    """Reads one field after the other, and refuses with the field's name in the rule."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def one_of(self, allowed: str, missing: str, invalid: str) -> str:
        if self.at == len(self.text):
            raise _Refused(whole(f"coupon_missing_{missing}", self.text))
        char = self.text[self.at]
        if char not in allowed:
            raise _Refused(Fault(f"coupon_invalid_{invalid}", self.at, 1))
        self.at += 1
        return char

    def take(self, length: int, short: str) -> str:
        left = len(self.text) - self.at
        if left < length:
            at_end = left == 0
            raise _Refused(
                whole(f"coupon_{short}", self.text)
                if at_end
                else Fault(f"coupon_{short}", self.at, left)
            )
        self.at += length
        return self.text[self.at - length : self.at]

    def sized(self, name: str, allowed: str, *, add: int = 0, none: str = "") -> str:
        """Read a digit that says a length, then as much plus `add`; `none` says nothing follows."""
        size = self.one_of(allowed, f"{name}_vli", f"{name}_length")
        return self.take(0 if size == none else int(size) + add, f"truncated_{name}")

    def field(self, number: str) -> bool:
        """Enter an optional field when it is the next one."""
        entered = self.text.startswith(number, self.at)
        self.at += entered
        return entered


def _judge(text: str, read: Callable[[_Reader], None]) -> Fault | None:
    for at, char in enumerate(text):
        if not "0" <= char <= "9":
            return Fault("non_digit_character", at, 1)
    reader = _Reader(text)
    try:
        read(reader)
    except _Refused as refused:
        return refused.fault
    left = len(text) - reader.at
    return Fault("coupon_excess_data", reader.at, left) if left else None


def _offer(coupon: _Reader) -> None:
    coupon.one_of("01", "format_code", "format_code")
    coupon.sized("funder", "0123456", add=6)
    coupon.take(6, "truncated_offer_code")
    coupon.sized("serial_number", "0123456789", add=6)


def _coupon(coupon: _Reader) -> None:
    coupon.sized("gcp", "0123456", add=6)
    coupon.take(6, "truncated_offer_code")
    coupon.sized("save_value", "12345")
    _purchase(coupon, "1st")
    if coupon.field("1"):
        coupon.one_of("0123", "additional_purchase_rules_code", "additional_purchase_rules_code")
        _purchase(coupon, "2nd")
        coupon.sized("2nd_purchase_gcp", "01234569", add=6, none="9")
    if coupon.field("2"):
        _purchase(coupon, "3rd")
        coupon.sized("3rd_purchase_gcp", "01234569", add=6, none="9")
    _dates(coupon)
    if coupon.field("5"):
        coupon.sized("serial_number", "0123456789", add=6)
    if coupon.field("6"):
        coupon.sized("retailer_gcp_or_gln", "1234567", add=6)
    if coupon.field("9"):
        _miscellaneous(coupon)


def _purchase(coupon: _Reader, which: str) -> None:
    coupon.sized(f"{which}_purchase_requirement", "12345")
    coupon.one_of(
        "012349", f"{which}_purchase_requirement_code", f"{which}_purchase_requirement_code"
    )
    coupon.take(3, f"truncated_{which}_purchase_family_code")


def _dates(coupon: _Reader) -> None:
    # The reference implementation spells the first rule like this, and others compare by it.
    expires = _date(coupon, "3", "expiration_date", "coupon_invalid_exipiration_date")
    starts = _date(coupon, "4", "start_date", "coupon_invalid_start_date")
    if expires and starts and starts > expires:
        raise _Refused(Fault("coupon_expiration_before_start", coupon.at - 14, 14))


def _date(coupon: _Reader, number: str, name: str, invalid: str) -> str | None:
    if not coupon.field(number):
        return None
    date = coupon.take(6, f"too_short_for_{name}")
    if yymmdd(date):
        raise _Refused(Fault(invalid, coupon.at - 6, 6))
    return date


def _miscellaneous(coupon: _Reader) -> None:
    coupon.one_of("01256", "save_value_code", "save_value_code")
    coupon.one_of("012", "save_value_applies_to_item", "save_value_applies_to_item")
    coupon.one_of("0123456789", "store_coupon_flag", "store_coupon_flag")
    coupon.one_of("01", "dont_multiply_flag", "dont_multiply_flag")
