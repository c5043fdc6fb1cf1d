"""An act of an edge taken on, whole: with the lots it made, its lines, its edges of the graph.

An act is known again by its id and the digest of its canonical bytes, so that the same act from a
restored database, or imported on two, is a harmless repeat. What is left of a lot is computed here
from the acts, as it was there.
"""

import hashlib
import json
from typing import Any

from sqlalchemy import Integer
from sqlmodel import Session, SQLModel, select

from traceability.errors import (
    ActConflict,
    LotCodeTaken,
    RecordForeign,
    RecordNeeds,
    RecordUnreadable,
)
from traceability.inbox_rows import Here, mapping, validated
from traceability.models import Act, Lot, TradeItem
from traceability.projection import project
from traceability.replicated import ACT, BY_NAME, HANGING, LOT, PROJECTED
from traceability.wire import Record


def take(session: Session, here: Here, record: Record) -> None:
    """Take an act.

    Raises:
        RecordRefused, ActConflict, LotCodeTaken: it cannot be taken; nothing of it was written.
    """
    act = _act(here, record)
    known = session.exec(select(Act).where(Act.id == act.id)).first()
    if known is not None:
        if (known.digest, known.site_id) != (act.digest, act.site_id):
            raise ActConflict(act=act.id)
        for said in record.parts.get(LOT, ()):
            _meet(session, here, record, said)
        return
    _refuse_unknown_void(session, here, record, act)
    made = [_lot(session, here, record, said) for said in record.parts.get(LOT, ())]
    session.add_all([act, *made])
    session.flush()
    session.add_all(_hanging(here, record))
    session.flush()
    project(session, *_touched(session, here, record))


def _act(here: Here, record: Record) -> Act:
    facts = here.translated(BY_NAME[ACT].table, record, mapping(record))
    facts["body"] = str(facts.get("body", "")).encode()
    facts.pop("sequence", None)
    act = validated(Act, record, facts)
    assert isinstance(act, Act)
    if hashlib.sha256(act.body).hexdigest() != act.digest or not _is_of(act):
        raise RecordUnreadable(
            kind=record.kind,
            ref=record.ref,
            because="it is not what its digest says",
            next_step="run minori db check on the edge",
        )
    return act


def _is_of(act: Act) -> bool:
    said = json.loads(act.body)
    return (said.get("id"), said.get("kind")) == (act.id, act.kind)


def _refuse_unknown_void(session: Session, here: Here, record: Record, act: Act) -> None:
    if act.voids_id is None:
        return
    voided = session.exec(select(Act).where(Act.id == act.voids_id)).first()
    if voided is None:
        raise RecordNeeds(
            kind=record.kind, ref=record.ref, needed_kind=ACT, needed_ref=act.voids_id
        )
    if not here.speaks_for(voided.site_id):
        raise RecordForeign(kind=record.kind, ref=record.ref, owner=f"site {voided.site_id}")


def _lot(session: Session, here: Here, record: Record, said: dict[str, Any]) -> Lot:
    """Return a lot the act makes, not yet recorded."""
    lot = _as_here(here, record, said)
    _refuse_forged(session, record, lot)
    if _same(session, lot) is not None:
        raise LotCodeTaken(lot=lot.code, scope=lot.scope)
    if session.get(Lot, lot.id) is not None:
        raise RecordForeign(kind=LOT, ref=lot.code, owner="somebody else")
    return lot


def _meet(session: Session, here: Here, record: Record, said: dict[str, Any]) -> None:
    """Of an act that is here already, its lots are, too; perhaps under another id."""
    lot = _as_here(here, record, said)
    same = _same(session, lot)
    if same is not None and same.id != lot.id:
        here.keep(LOT, lot.id, same.id)


def _as_here(here: Here, record: Record, said: dict[str, Any]) -> Lot:
    own = {name: value for name, value in said.items() if name not in PROJECTED}
    table = SQLModel.metadata.tables[LOT]
    lot = validated(Lot, record, here.translated(table, record, own))
    assert isinstance(lot, Lot)
    return lot


def _same(session: Session, lot: Lot) -> Lot | None:
    query = select(Lot).where(
        Lot.organisation_id == lot.organisation_id, Lot.scope == lot.scope, Lot.code == lot.code
    )
    return session.exec(query).first()


def _refuse_forged(session: Session, record: Record, lot: Lot) -> None:
    """A lot stands under a GTIN only as a lot of the item that has it."""
    if not lot.scope.startswith("GTIN "):
        return
    item = session.get(TradeItem, lot.trade_item_id) if lot.trade_item_id else None
    if item is None or lot.scope != f"GTIN {item.gtin}":
        raise RecordForeign(kind=record.kind, ref=record.ref, owner=lot.scope)


def _hanging(here: Here, record: Record) -> list[SQLModel]:
    return [
        _hung(here, record, name, said) for name in HANGING for said in record.parts.get(name, ())
    ]


def _hung(here: Here, record: Record, name: str, said: dict[str, Any]) -> SQLModel:
    """Return one row that hangs on the act, what it refers to called by its key here."""
    table = SQLModel.metadata.tables[name]
    facts = {**said, "act_id": record.ref}
    if isinstance(table.columns["id"].type, Integer):
        del facts["id"]  # counted anew here
    for key in table.foreign_keys:
        column, target = str(key.parent.name), key.column.table.name
        if target != ACT and facts.get(column) is not None:
            facts[column] = here.of(target, facts[column], needed_by=record)
    return validated(HANGING[name], record, facts)


def _touched(session: Session, here: Here, record: Record) -> list[Lot]:
    lines = record.parts.get("act_line", ())
    ids = dict.fromkeys(here.find(LOT, line["lot_id"]) or line["lot_id"] for line in lines)
    return [session.get_one(Lot, lot_id) for lot_id in ids]
