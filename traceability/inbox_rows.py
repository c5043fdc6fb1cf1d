"""Master data of an edge taken on: whose row a row of an edge is here, and may it write that one.

An edge's own ids are kept where they can be. Where a row of the same natural key is here already
(two sites of one farm share a crop), the edge's row is that one from then on, and its last state
wins. Everything an edge writes hangs on its own farm and site; anything else is refused.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Integer, Table, UniqueConstraint
from sqlmodel import Session, SQLModel, select

from sensors import QUANTITIES
from traceability.errors import RecordForeign, RecordNeeds, RecordTaken, RecordUnreadable
from traceability.models import (
    Act,
    Edge,
    EdgeRow,
    EdgeSite,
    Lot,
    Organisation,
    Series,
    Site,
)
from traceability.replicated import ACT, BY_NAME, LOT, Kind
from traceability.wire import Record


class Here:
    """What the rows of one edge's database are called here."""

    def __init__(self, session: Session, edge: Edge, store_id: str) -> None:
        self.session, self.edge, self.store_id = session, edge, store_id
        self._known: dict[tuple[str, str], str] = {}

    def find(self, kind: str, ref: object) -> str | None:
        """Return the key here of a row of the edge, or None."""
        key = (kind, self._named(kind, ref))
        if key not in self._known:
            row = self.session.get(EdgeRow, (self.edge.id, *key))
            if row is None:
                return None
            self._known[key] = row.here
        return self._known[key]

    def of(self, kind: str, ref: object, *, needed_by: Record) -> Any:
        """Return the key here of a row that a record refers to.

        Raises:
            RecordNeeds: it is not here.
            RecordForeign: it is of a site that another edge speaks for.
        """
        found = self.find(kind, ref) or self._as_it_is(kind, ref, needed_by)
        if found is None:
            raise RecordNeeds(
                kind=needed_by.kind, ref=needed_by.ref, needed_kind=kind, needed_ref=ref
            )
        if kind == "site":
            self._own(found, found, needed_by)
        return int(found) if _is_numbered(kind) and kind != ACT else found

    def _as_it_is(self, kind: str, ref: object, needed_by: Record) -> str | None:
        """Lots and acts are many and mostly keep their id: they are written down where not."""
        if kind == LOT:
            lot = self.session.get(Lot, str(ref))
            return self._own(lot.id, lot.site_id, needed_by) if lot else None
        if kind == ACT:
            act = self.session.exec(select(Act).where(Act.id == str(ref))).first()
            return self._own(act.id, act.site_id, needed_by) if act else None
        return None

    def _own(self, row_id: str, site_id: str, needed_by: Record) -> str:
        if not self.speaks_for(site_id):
            raise RecordForeign(kind=needed_by.kind, ref=needed_by.ref, owner=f"site {site_id}")
        return row_id

    def keep(self, kind: str, ref: object, here: object) -> None:
        """Remember what a row of the edge is called here."""
        named = self._named(kind, ref)
        row = EdgeRow(edge_id=self.edge.id, kind=kind, ref=named, here=str(here))
        self.session.merge(row)
        self._known[kind, named] = str(here)

    def forget(self) -> None:
        """Drop what was remembered: a record was taken back halfway."""
        self._known.clear()

    def speaks_for(self, site_id: str) -> bool:
        claim = self.session.get(EdgeSite, site_id)
        return claim is not None and claim.edge_id == self.edge.id

    def translated(self, table: Table, record: Record, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Return a row's columns with what it refers to called by its key here."""
        out = dict(facts)
        for key in table.foreign_keys:
            name, target = key.parent.name, key.column.table.name
            if out.get(name) is not None:
                out[name] = self.of(target, out[name], needed_by=record)
        return out

    def _named(self, kind: str, ref: object) -> str:
        # A number is only a name within the database that gave it.
        return f"{self.store_id}/{ref}" if _is_numbered(kind) else str(ref)


def take(session: Session, here: Here, record: Record) -> None:
    """Make, change or delete the row that a record speaks of.

    Raises:
        RecordRefused: this row cannot be taken, and why; nothing of it was written.
    """
    kind = BY_NAME.get(record.kind)
    if kind is None:
        raise RecordUnreadable(
            kind=record.kind,
            ref=record.ref,
            because="this version does not know such records",
            next_step="upgrade the hub, then run: minori hub retry",
        )
    if record.row is None:
        _drop(session, here, kind, record)
        return
    facts = here.translated(kind.table, record, mapping(record))
    row = _existing(session, here, kind, record, facts)
    _refuse_foreign(session, here, kind, record, row, facts)
    if kind.model is Series and facts.get("quantity") not in QUANTITIES:
        raise RecordUnreadable(
            kind=record.kind,
            ref=record.ref,
            because=f"this version does not know the quantity {facts['quantity']}",
            next_step="upgrade the hub, then run: minori hub retry",
        )
    if row is None or not kind.is_fixed:
        row = _written(session, kind, record, row, facts)
    here.keep(kind.name, record.ref, "/".join(_key_of(kind, row)))
    if isinstance(row, Site):
        session.merge(EdgeSite(site_id=row.id, edge_id=here.edge.id))
        session.flush()


def validated(kind: type[SQLModel], record: Record, facts: Mapping[str, Any]) -> SQLModel:
    """Return a row made of JSON, each value of its column's type.

    Raises:
        RecordUnreadable: a value is missing or of another type.
    """
    try:
        return kind.model_validate(facts)
    except ValidationError as error:
        first = error.errors()[0]
        problem = f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
        raise RecordUnreadable(
            kind=record.kind,
            ref=record.ref,
            because=problem,
            next_step="see that edge and hub run the same version",
        ) from error


def mapping(record: Record) -> dict[str, Any]:
    if not isinstance(record.row, dict):
        raise RecordUnreadable(
            kind=record.kind, ref=record.ref, because="it is no row", next_step="upgrade the edge"
        )
    return dict(record.row)


def _existing(
    session: Session, here: Here, kind: Kind, record: Record, facts: Mapping[str, Any]
) -> SQLModel | None:
    found = here.find(kind.name, record.ref)
    if found is not None:
        row = _by_key(session, kind, found)
        if row is not None:
            return row
    # Compared as the column's type has it: a moment is text on its way.
    wanted = validated(kind.model, record, facts)
    by = {name: getattr(wanted, name) for name in kind.key}
    return session.exec(select(kind.model).filter_by(**by)).first()


def _refuse_foreign(
    session: Session,
    here: Here,
    kind: Kind,
    record: Record,
    row: SQLModel | None,
    facts: Mapping[str, Any],
) -> None:
    """What hangs on an own row is own; the roots are the edge's farm and its site."""
    edge = here.edge
    if kind.model is Organisation and facts.get("code") != edge.organisation:
        owner = f"farm {facts.get('code')}"
        raise RecordForeign(kind=record.kind, ref=record.ref, owner=owner)
    if isinstance(row, Site):
        claim = session.get(EdgeSite, row.id)
        if claim is None or claim.edge_id != edge.id:
            owner = f"site {row.code}, which another edge or the hub itself has"
            raise RecordForeign(kind=record.kind, ref=record.ref, owner=owner)
    refers = [key.parent for key in kind.table.foreign_keys]
    # What is known by nothing but its id hangs where it hung before.
    by_id = "id" in kind.key
    firm = [str(c.name) for c in refers if c.name in kind.key or (by_id and not c.nullable)]
    if row is not None and any(facts.get(name) != getattr(row, name) for name in firm):
        raise RecordForeign(kind=record.kind, ref=record.ref, owner="somebody else")


def _written(
    session: Session, kind: Kind, record: Record, row: SQLModel | None, facts: dict[str, Any]
) -> SQLModel:
    if row is None:
        return _made(session, kind, record, facts)
    values = validated(kind.model, record, {**facts, **_keys(kind, row)})
    _refuse_taken(session, kind, record, values, row)
    firm = {str(column.name) for column in kind.table.primary_key}
    for name in facts.keys() & {str(column.name) for column in kind.table.columns} - firm:
        setattr(row, name, getattr(values, name))
    session.flush()
    return row


def _made(session: Session, kind: Kind, record: Record, facts: dict[str, Any]) -> SQLModel:
    for column in kind.table.primary_key:
        if isinstance(column.type, Integer):
            del facts[str(column.name)]  # counted anew here
    made = validated(kind.model, record, facts)
    _refuse_taken(session, kind, record, made, None)
    session.add(made)
    session.flush()
    return made


def _refuse_taken(
    session: Session, kind: Kind, record: Record, said: SQLModel, row: SQLModel | None
) -> None:
    """A number that names one thing, such as a GTIN, is not given to another."""
    for constraint in kind.table.constraints:
        if not isinstance(constraint, UniqueConstraint):
            continue
        by = {str(c.name): getattr(said, str(c.name)) for c in constraint.columns}
        if None in by.values():
            continue
        holder = session.exec(select(kind.model).filter_by(**by)).first()
        if holder is not None and holder is not row:
            field, value = next(reversed(by.items()))
            raise RecordTaken(
                kind=record.kind,
                ref=getattr(said, "code", record.ref),
                field=field,
                value=value,
                holder=f"{kind.name} {getattr(holder, 'code', record.ref)}",
            )


def _drop(session: Session, here: Here, kind: Kind, record: Record) -> None:
    found = here.find(kind.name, record.ref)
    row = _by_key(session, kind, found) if found is not None else None
    if row is not None:
        session.delete(row)
        session.flush()


def _by_key(session: Session, kind: Kind, here: str) -> SQLModel | None:
    columns = list(kind.table.primary_key)
    parts = here.split("/", len(columns) - 1)
    key = tuple(
        int(part) if isinstance(column.type, Integer) else part
        for column, part in zip(columns, parts, strict=True)
    )
    return session.get(kind.model, key)


def _keys(kind: Kind, row: SQLModel) -> dict[str, Any]:
    return {str(c.name): getattr(row, str(c.name)) for c in kind.table.primary_key}


def _key_of(kind: Kind, row: SQLModel) -> list[str]:
    return [str(value) for value in _keys(kind, row).values()]


def _is_numbered(kind: str) -> bool:
    table = SQLModel.metadata.tables[kind]
    return any(isinstance(column.type, Integer) for column in table.primary_key)
