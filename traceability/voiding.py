"""Taking back an act recorded by mistake: it stays readable, and no answer counts it."""

from sqlmodel import Session, col, select

from traceability import acts, unit_voids
from traceability.acts import recorded
from traceability.drafts import Draft
from traceability.errors import CannotVoid, Phrase
from traceability.models import Act, ActLine, Lot
from traceability.occasions import Occasion
from traceability.projection import short_without, unvoided


@recorded("void")
def void(session: Session, occasion: Occasion, *, act: Act) -> Draft:
    """Take back an act recorded by mistake; both stay readable, and answers count neither.

    Raises:
        CannotVoid: later acts build on lots it made or cases it packed, it was taken back before,
            or it is itself a void.
    """
    if act.kind == "void":
        raise CannotVoid(
            act=act.id, kind=act.kind, because="a void is final", next_step="record it anew"
        )
    _refuse_voided(session, act)
    for lot in acts.made(session, act):
        _refuse_used(session, act, lot)
    unit_voids.refuse_packed_since(session, act)
    touched = acts.touched(session, act)
    for lot in touched:
        _refuse_short(session, act, lot)
    return Draft(act.site_id, subjects=touched, voids=act)


def _refuse_voided(session: Session, act: Act) -> None:
    earlier = session.exec(select(Act.id).where(Act.voids_id == act.id)).first()
    if earlier is not None:
        raise CannotVoid(
            act=act.id,
            kind=act.kind,
            because="it was taken back before",
            next_step="record it anew",
        )


def _refuse_used(session: Session, act: Act, lot: Lot) -> None:
    later = (
        select(Act)
        .join(ActLine, col(ActLine.act_id) == col(Act.id))
        .where(ActLine.lot_id == lot.id, Act.id != act.id, Act.kind != "void")
        .where(unvoided(Act.id))
    )
    first = session.exec(later).first()
    if first is not None:
        raise CannotVoid(
            act=act.id,
            kind=act.kind,
            because=Phrase("lot {lot} that it made was used since", lot=lot.code),
            next_step=Phrase("void {kind} {id} first", kind=first.kind, id=first.id),
        )


def _refuse_short(session: Session, act: Act, lot: Lot) -> None:
    """What a return or a count brought may have gone out again since."""
    by = short_without(session, lot, act)
    if by is not None:
        raise CannotVoid(
            act=act.id,
            kind=act.kind,
            because=Phrase(
                "lot {lot} would have given out {by} more than it held", lot=lot.code, by=by
            ),
            next_step="void what was taken from it since first",
        )
