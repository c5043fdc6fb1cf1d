"""Where a case or pallet is, who has it, and what was done with it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_
from sqlmodel import Session, col, select

from traceability import contents
from traceability.contents import Contents
from traceability.models import Act, LogisticUnit, Lot, Party, Site, UnitLine, Zone


@dataclass(frozen=True, slots=True)
class UnitAct:
    """One act that touched a unit, voided ones too; `others` are units it went into or took in."""

    act: Act
    party: Party | None
    others: Sequence[LogisticUnit]
    is_voided: bool


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """`state`: here, on (a pallet that is here), sent, or empty.

    Attributes:
        holder: the pallet it is on, or left on.
        sent: the shipment it left with; `party` received it.
        zones: where its lots stand while it is here.
    """

    state: str
    site: Site
    holder: LogisticUnit | None
    sent: Act | None
    party: Party | None
    zones: Sequence[Zone]
    packed: Sequence[tuple[LogisticUnit, Contents]]

    @property
    def lots(self) -> list[Lot]:
        found = {lot.id: lot for _, inside in self.packed for lot, _ in inside.lots}
        return sorted(found.values(), key=lambda lot: lot.code)


def whereabouts(session: Session, unit: LogisticUnit) -> Whereabouts:
    """Return where a unit is now, with what is in it, or was when it left."""
    packed = contents.packed_in(session, unit)
    inside = contents.of_unit(session, unit)
    holder = contents.holder_of(session, unit)
    left = contents.left_with(session, unit) if inside.is_nothing else None
    sent = left[0] if left else None
    state = "sent" if sent else "empty" if inside.is_nothing else "on" if holder else "here"
    zone_ids = {lot.zone_id for _, held in packed for lot, _ in held.lots if lot.zone_id}
    zones = session.exec(select(Zone).where(col(Zone.id).in_(zone_ids)).order_by(col(Zone.code)))
    return Whereabouts(
        state=state,
        site=session.get_one(Site, unit.site_id),
        holder=holder,
        sent=sent,
        party=session.get(Party, sent.to_party_id) if sent and sent.to_party_id else None,
        zones=[] if sent else zones.all(),
        packed=packed,
    )


def acts_of(session: Session, unit: LogisticUnit) -> list[UnitAct]:
    """Return what was done with a unit, newest first."""
    lines = session.exec(
        select(UnitLine).where(
            or_(col(UnitLine.unit_id) == unit.id, col(UnitLine.inner_id) == unit.id)
        )
    ).all()
    ids = {line.act_id for line in lines}
    voids = session.exec(select(Act).where(col(Act.voids_id).in_(ids))).all()
    query = select(Act).where(col(Act.id).in_(ids | {act.id for act in voids}))
    found = session.exec(query.order_by(col(Act.happened_at).desc(), col(Act.sequence).desc()))
    voided = {act.voids_id for act in voids}
    return [
        UnitAct(
            act=act,
            party=session.get(Party, act.to_party_id) if act.to_party_id else None,
            others=_others(session, unit, [line for line in lines if line.act_id == act.id]),
            is_voided=act.id in voided,
        )
        for act in found
    ]


def _others(session: Session, unit: LogisticUnit, lines: Sequence[UnitLine]) -> list[LogisticUnit]:
    ids = {one for line in lines for one in (line.unit_id, line.inner_id) if one} - {unit.id}
    query = select(LogisticUnit).where(col(LogisticUnit.id).in_(ids))
    return list(session.exec(query.order_by(col(LogisticUnit.code))))
