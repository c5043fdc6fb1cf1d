"""How strictly to read. Everything is strict unless named here; writing is always strict."""

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Options:
    """Named leniences; in brackets the name the GS1 Syntax Engine gives each.

    Attributes:
        permit_unknown_ais: read AIs that are not allocated yet (PermitUnknownAIs).
        permit_zero_suppressed_gtin: read GTINs of 8, 12 or 13 digits in a link, as it was legal
            until Digital Link 1.1 (PermitZeroSuppressedGTINinDLuris).
        permit_convenience_alphas: read `/gtin/…/lot/…`, deprecated names of AIs in a link
            (permitConvenienceAlphas).
        requisites: ask for the companions an AI needs (validation:REQUISITE_AIS).
        unknown_ai_not_dl_attr: an AI read by permit_unknown_ais may still not stand in the query
            of a link (validation:UNKNOWN_AI_NOT_DL_ATTR).
    """

    permit_unknown_ais: bool = False
    permit_zero_suppressed_gtin: bool = False
    permit_convenience_alphas: bool = False
    requisites: bool = True
    unknown_ai_not_dl_attr: bool = True


STRICT = Options()
ENGINE_NAMES = {
    "PermitUnknownAIs": "permit_unknown_ais",
    "PermitZeroSuppressedGTINinDLuris": "permit_zero_suppressed_gtin",
    "permitConvenienceAlphas": "permit_convenience_alphas",
    "validation:REQUISITE_AIS": "requisites",
    "validation:UNKNOWN_AI_NOT_DL_ATTR": "unknown_ai_not_dl_attr",
}


def option_name(name: str) -> str | None:
    """Return our name for an option given by ours or by the engine's, case ignored; or None."""
    known = {field.name: field.name for field in fields(Options)}
    known |= {engine.lower(): ours for engine, ours in ENGINE_NAMES.items()}
    return known.get(name.lower())
