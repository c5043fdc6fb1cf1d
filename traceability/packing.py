"""A trade item's packing recipe: which materials a pack takes, and from which of their lots."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from traceability.amounts import Amount
from traceability.models import Lot, Material, PackingMaterial, TradeItem


@dataclass(frozen=True, slots=True)
class Materials:
    """What a packing takes of the supplies; `missing` is what no lot of them holds any more.

    A bag nobody received on paper must not stop the packing line: what is missing is said in the
    act, and a count of the stock puts it right.
    """

    used: Sequence[tuple[Lot, Amount]]
    missing: dict[str, Amount]


def recipe_of(session: Session, item: TradeItem) -> list[tuple[Material, Amount]]:
    """Return what one pack of an item takes, by material."""
    query = (
        select(Material, PackingMaterial)
        .join(PackingMaterial, col(PackingMaterial.material_id) == col(Material.id))
        .where(PackingMaterial.trade_item_id == item.id)
        .order_by(col(Material.code))
    )
    return [
        (material, Amount(line.pieces, line.weight_g)) for material, line in session.exec(query)
    ]


def materials_for(session: Session, item: TradeItem, packs: int, *, site_id: str) -> Materials:
    """Take what so many packs need from the site's lots, the oldest first."""
    used: list[tuple[Lot, Amount]] = []
    missing: dict[str, Amount] = {}
    for material, each in recipe_of(session, item):
        is_counted = each.pieces is not None
        needed = packs * ((each.pieces if is_counted else each.weight_g) or 0)
        for lot in _open_lots(session, material, site_id):
            there = (lot.pieces if is_counted else lot.weight_g) or 0
            takes = min(there, needed)
            if takes:
                used.append(
                    (lot, Amount(lot.pieces, lot.weight_g).part(_amount(takes, is_counted)))
                )
                needed -= takes
        if needed:
            missing[material.code] = _amount(needed, is_counted)
    return Materials(used, missing)


def _open_lots(session: Session, material: Material, site_id: str) -> Sequence[Lot]:
    query = select(Lot).where(
        Lot.material_id == material.id,
        Lot.site_id == site_id,
        col(Lot.closed_at).is_(None),
        col(Lot.held_since).is_(None),
    )
    return session.exec(query.order_by(col(Lot.opened_at), col(Lot.id))).all()


def _amount(number: int, is_counted: bool) -> Amount:
    return Amount(pieces=number) if is_counted else Amount(weight_g=number)
