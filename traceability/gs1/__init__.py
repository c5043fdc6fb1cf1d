"""GS1 identities: Application Identifiers, Digital Links, EPC URNs, scans. Pure: no database."""

from traceability.gs1.checkdigits import check_digit, gln13, gtin14
from traceability.gs1.elements import Element, bracketed, unbracketed
from traceability.gs1.errors import (
    BadElement,
    BadLink,
    BadLotCode,
    BadPairing,
    BadUrn,
    Gs1Error,
    NotGs1,
)
from traceability.gs1.identity import (
    Identity,
    check_lot_code,
    check_own_address,
    identify,
    lot_identity,
)
from traceability.gs1.link import DigitalLink, escape, unescape
from traceability.gs1.options import Options

__all__ = [
    "BadElement",
    "BadLink",
    "BadLotCode",
    "BadPairing",
    "BadUrn",
    "DigitalLink",
    "Element",
    "Gs1Error",
    "Identity",
    "NotGs1",
    "Options",
    "bracketed",
    "check_digit",
    "check_lot_code",
    "check_own_address",
    "escape",
    "gln13",
    "gtin14",
    "identify",
    "lot_identity",
    "unbracketed",
    "unescape",
]
