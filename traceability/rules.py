"""What must hold of a lot before a verb may draft its act: pure checks, nothing is written."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import object_session
from sqlmodel import Session

from traceability.amounts import Amount, apportion
from traceability.errors import BadValue, HeavierThanPhysics, LotHeld, NotEnough, Phrase, WrongStage
from traceability.models import Crop, Lot, TradeItem
from traceability.site_clock import clock_at


def scope_of(crop: Crop, item: TradeItem | None) -> str:
    """Return what a lot code is unique under: GTIN, own item code, or the crop before packing."""
    if item is None:
        return f"crop {crop.code}"
    return f"GTIN {item.gtin}" if item.gtin else f"item {item.code}"


def at_least_one(field: str, value: int) -> int:
    if value < 1:
        raise BadValue(field=field, expected="1 or more", got=value, next_step="correct the amount")
    return value


def refuse_too_heavy(crop: Crop, *, pieces: int, weight_g: int) -> None:
    by_g = weight_g - pieces * crop.largest_head_g
    if by_g > 0:
        raise HeavierThanPhysics(
            weight_g=weight_g,
            pieces=pieces,
            crop=crop.code,
            by_g=by_g,
            largest_head_g=crop.largest_head_g,
        )


# What would carry a doubtful lot on, into others or out of the gate.
NOT_WHILE_HELD = ("harvest", "split", "merge", "pack", "ship", "rework", "relabel", "use")


def require(lot: Lot, kind: str, *stages: str) -> None:
    if lot.stage not in stages:
        raise WrongStage(
            lot=lot.code,
            stage=lot.stage,
            kind=kind,
            next_step=Phrase("it takes a lot that is {stages}", stages=" or ".join(stages)),
        )
    if not lot.is_open:
        raise WrongStage(
            lot=lot.code, stage="closed", kind=kind, next_step="void the act that emptied it first"
        )
    if lot.held_since is not None and kind in NOT_WHILE_HELD:
        raise LotHeld(
            lot=lot.code,
            since=_clock(lot, lot.held_since),
            reason=lot.hold_reason,
            kind=kind,
        )


def _clock(lot: Lot, at: datetime) -> str:
    session = object_session(lot)
    assert isinstance(session, Session)  # what is held was read from the record
    return clock_at(session, at, site_id=lot.site_id)


def _either(stages: Sequence[str]) -> str:
    first, *others = stages
    return Phrase("{one} or {other}", one=first, other=_either(others)) if others else first


def held(lot: Lot) -> Amount:
    return Amount(lot.pieces, lot.weight_g)


def taken(lot: Lot, amount: Amount | None) -> Amount:
    """All there is, or the asked amount with its other dimension completed."""
    if amount is None:
        return held(lot)
    if not amount.pieces and not amount.weight_g:
        raise BadValue(
            field="amount", expected="pieces or grams", got=amount, next_step="say how much"
        )
    by = held(lot).lacking(amount)
    if by is not None:
        raise NotEnough(lot=lot.code, has=held(lot), asked=amount, by=by)
    return held(lot).part(amount)


def grams_of(lot: Lot, weight_g: int | None) -> int:
    """The grams asked for, or all of the lot; of a lot nobody weighed that cannot be said."""
    grams = lot.weight_g if weight_g is None else weight_g
    if grams is None:
        raise BadValue(
            field="weight_g",
            expected=Phrase("how many grams of lot {lot} were used", lot=lot.code),
            got="nothing, and the lot was never weighed",
            next_step="weigh what goes in",
        )
    return grams


def completed_parts(whole: Amount, parts: Sequence[Amount]) -> list[Amount]:
    """Fill the dimension that no part names, so that 3 of 10 pieces also carry their grams."""
    pieces, grams = [p.pieces for p in parts], [p.weight_g for p in parts]
    if whole.weight_g is not None and all(g is None for g in grams) and None not in pieces:
        filled = apportion(whole.weight_g, [p or 0 for p in pieces])
        return [Amount(p, g) for p, g in zip(pieces, filled, strict=True)]
    if whole.pieces is not None and all(p is None for p in pieces) and None not in grams:
        filled = apportion(whole.pieces, [g or 0 for g in grams])
        return [Amount(p, g) for p, g in zip(filled, grams, strict=True)]
    return list(parts)


def difference(whole: Amount, parts: Amount) -> str:
    words = []
    for unit, a, b in (
        ("pieces", whole.pieces, parts.pieces),
        ("g", whole.weight_g, parts.weight_g),
    ):
        if a != b:
            words.append(f"{(b or 0) - (a or 0):+d} {unit}" if b is not None else f"{unit} missing")
    return ", ".join(words)
