"""Whether an act on cases and pallets can still be taken back: nothing may end up in two."""

from sqlalchemy import or_
from sqlmodel import Session, col, select

from traceability import contents
from traceability.amounts import Amount
from traceability.errors import CannotVoid, Phrase
from traceability.models import Act, LogisticUnit, Lot, UnitLine
from traceability.projection import unvoided


def refuse_packed_since(session: Session, act: Act) -> None:
    """Raise CannotVoid where its cases were packed, opened or shipped since, or what came out of
    them is loose no more."""
    lines = session.exec(select(UnitLine).where(UnitLine.act_id == act.id)).all()
    for unit_id in {id_ for line in lines for id_ in (line.unit_id, line.inner_id) if id_}:
        later = _later(session, act, unit_id)
        if later is not None:
            raise CannotVoid(
                act=act.id,
                kind=act.kind,
                because=Phrase(
                    "{unit} was handled since", unit=session.get_one(LogisticUnit, unit_id).code
                ),
                next_step=Phrase("void {kind} {id} first", kind=later.kind, id=later.id),
            )
    if act.kind == "disaggregate":
        for line in lines:
            if line.lot_id is not None:
                _refuse_gone(session, act, line)


def _later(session: Session, act: Act, unit_id: str) -> Act | None:
    touching = or_(col(UnitLine.unit_id) == unit_id, col(UnitLine.inner_id) == unit_id)
    query = select(Act).join(UnitLine, col(UnitLine.act_id) == col(Act.id))
    query = query.where(touching, col(Act.sequence) > act.sequence, unvoided(Act.id))
    return session.exec(query.order_by(col(Act.sequence))).first()


def _refuse_gone(session: Session, act: Act, line: UnitLine) -> None:
    lot = session.get_one(Lot, line.lot_id)
    loose = contents.loose(session, lot)
    if loose.lacking(Amount(line.pieces, line.weight_g)) is not None:
        raise CannotVoid(
            act=act.id,
            kind=act.kind,
            because=Phrase(
                "of lot {lot}, which came out of it, only {loose} is loose",
                lot=lot.code,
                loose=loose,
            ),
            next_step="void what was taken from it since first",
        )
