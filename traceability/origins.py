"""Where a lot came from: the harvests, receipts or packed lots behind it, and its share of each.

Harvested lots are split, merged and sorted before they are packed. What rules ask of a packing is
the harvest; and where packs were opened to be packed again, the lot they were.
"""

from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from traceability.models import Act, ActLine, Flow, Lot
from traceability.projection import unvoided

# Acts before which there is nothing the farm did.
_BEGINNINGS = ("harvest", "receive", "import")


@dataclass(frozen=True, slots=True)
class Origin:
    """A lot with the act that made it, and which share of the lot asked about it is."""

    lot: Lot
    act: Act | None
    share: Fraction


def origins_of(
    session: Session, lot: Lot, share: Fraction = Fraction(1), *, opening_packs: bool = False
) -> list[Origin]:
    """Return the lots that a lot comes from, itself where it was harvested, received or packed.

    With `opening_packs` packed lots are followed, too, to the harvests in them.
    """
    act = maker_of(session, lot)
    is_closed = lot.stage == "packed" and not opening_packs
    if is_closed or act is None or act.kind in _BEGINNINGS:
        return [Origin(lot, act, share)]
    into = _into(session, lot, act)
    whole = sum(size for _, size in into)
    found: dict[str, Origin] = {}
    for source, size in into:
        part = share * (Fraction(size, whole) if whole else Fraction(1, len(into)))
        for origin in origins_of(session, source, part, opening_packs=opening_packs):
            known = found.get(origin.lot.id)
            so_far = known.share if known else Fraction(0)
            found[origin.lot.id] = Origin(origin.lot, origin.act, so_far + origin.share)
    return list(found.values()) or [Origin(lot, act, share)]


def maker_of(session: Session, lot: Lot) -> Act | None:
    """Return the act that made the lot; None where it was taken back."""
    return session.execute(_MAKER, {"lot_id": lot.id}).scalars().first()


def _into(session: Session, lot: Lot, act: Act) -> list[tuple[Lot, int]]:
    rows = session.execute(_INTO, {"lot_id": lot.id, "act_id": act.id})
    return [(source, flow.weight_g or flow.pieces or 0) for source, flow in rows]


# Built once: composing them anew for every lot cost more than running them.
_MAKER = (
    select(Act)
    .join(ActLine, col(ActLine.act_id) == col(Act.id))
    .where(col(ActLine.lot_id) == bindparam("lot_id"), ActLine.role == "output", unvoided(Act.id))
)
_INTO = (
    select(Lot, Flow)
    .join(Flow, col(Flow.source_id) == col(Lot.id))
    .where(col(Flow.target_id) == bindparam("lot_id"), col(Flow.act_id) == bindparam("act_id"))
    .where(col(Lot.material_id).is_(None))
)
