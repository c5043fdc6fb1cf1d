"""How an act is recorded: one transaction writes act, lots, graph edges, stays and outbox row.

A verb in `traceability.lots` says what an act means and returns a `Draft`; `recorded` turns the
verb into one that writes it. The same act id with the same request is a harmless repeat (an
offline phone sends twice); with another request it is refused. Nothing recorded is ever edited:
`void` is a later act that names the earlier one.

The caller commits: the lots and the act that explains them live or die together.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from zoneinfo import ZoneInfo

import rfc8785
from sqlmodel import Session, SQLModel, col, select

from traceability import contents
from traceability.amounts import Amount, total
from traceability.elsewhere import refuse_elsewhere
from traceability.errors import (
    ActConflict,
    BadValue,
    InUnits,
    LotCodeTaken,
    NotEnough,
    OutOfOrder,
    Phrase,
)
from traceability.models import (
    Act,
    ActLine,
    Flow,
    Inspection,
    LogisticUnit,
    Lot,
    Party,
    Site,
    UnitLine,
    Zone,
    new_id,
)
from traceability.projection import project
from traceability.site_clock import clock_at
from traceability.texts import LONGEST_NAME, LONGEST_NOTE, refuse_text

# The shape of `Act.body`; a reader of old acts needs to know which one it holds.
BODY_SCHEMA = 1

# Years before are slips of the pen, as in the commands. The last one leaves room for any zone.
FIRST_YEAR, LAST_YEAR = 1970, 9998
# What clocks of phones and site computers differ by.
AHEAD = timedelta(minutes=5)
# What a hub may say of a lot of another computer's site: it moves nothing and takes nothing.
_ANYWHERE = frozenset({"hold", "release", "inspect"})

_P = ParamSpec("_P")


@dataclass(frozen=True, slots=True)
class Document:
    """A paper that goes with an act, such as delivery note D-1042 (21 CFR 1.1310, reference
    document)."""

    type: str
    number: str

    def __post_init__(self) -> None:
        for said, text in (("document type", self.type), ("document number", self.number)):
            refuse_text(said, text, LONGEST_NAME)
            if not text.strip():
                raise BadValue(
                    field=said,
                    expected="both a type and a number",
                    got="nothing",
                    next_step="write it as delivery note=D-1042",
                )


@dataclass(frozen=True, slots=True)
class Occasion:
    """When something was done, by whom, and under which id.

    `act_id` is made where the act happened (UUIDv7), so that sending it twice is harmless.
    `recorder` is who is signed in, where that differs from who did it.
    """

    at: datetime
    by: str
    act_id: str = field(default_factory=new_id)
    recorder: str = ""
    note: str = ""
    document: Document | None = None

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise BadValue(
                field="at",
                expected="a time with its zone",
                got=self.at.isoformat(),
                next_step="write it as 2026-11-23T09:00+09:00",
            )
        for said, text, most in (("by", self.by, LONGEST_NAME), ("note", self.note, LONGEST_NOTE)):
            refuse_text(said, text, most)
        if not FIRST_YEAR <= self.at.year <= LAST_YEAR:
            raise BadValue(
                field="at",
                expected=Phrase(
                    "a year from {first_year} to {last_year}",
                    first_year=FIRST_YEAR,
                    last_year=LAST_YEAR,
                ),
                got=self.at.isoformat(),
                next_step="correct the time",
            )


@dataclass(frozen=True, slots=True)
class UnitMove:
    """So much of a lot, or a whole smaller unit, that goes into a case or pallet or comes out."""

    unit: LogisticUnit
    content: Lot | LogisticUnit
    amount: Amount
    goes_in: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """What an act will write. `takes` leave a lot, `makes` are new lots, `subjects` are touched."""

    site_id: str
    zone: Zone | None = None
    takes: Sequence[tuple[Lot, Amount]] = ()
    makes: Sequence[tuple[Lot, Amount]] = ()
    subjects: Sequence[Lot] = ()
    gains: Sequence[tuple[Lot, Amount]] = ()  # come back to a lot that is there already
    counts: Sequence[tuple[Lot, Amount]] = ()  # what was counted, whatever was believed
    flows: Sequence[tuple[Lot, Lot, Amount]] = ()
    new_units: Sequence[LogisticUnit] = ()
    unit_moves: Sequence[UnitMove] = ()
    from_party: Party | None = None
    to_party: Party | None = None
    inspection: Inspection | None = None
    voids: Act | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    closes: bool = False  # the lots taken from are empty now, however much they held


_Verb = Callable[Concatenate[Session, Occasion, _P], Draft]
_Recorded = Callable[Concatenate[Session, Occasion, _P], Act]


def recorded(kind: str) -> Callable[[_Verb[_P]], _Recorded[_P]]:
    """Make of a verb that drafts an act one that records it and returns the act."""

    def wrap(verb: _Verb[_P]) -> _Recorded[_P]:
        @wraps(verb)
        def record_once(
            session: Session, occasion: Occasion, *args: _P.args, **kwargs: _P.kwargs
        ) -> Act:
            request = _digest({"kind": kind, "args": args, **_when(occasion), **kwargs})
            earlier = session.exec(select(Act).where(Act.id == occasion.act_id)).first()
            if earlier is not None:
                if earlier.request_digest != request:
                    raise ActConflict(act=occasion.act_id)
                return earlier
            draft = verb(session, occasion, *args, **kwargs)
            return _record(session, kind, occasion, draft, request)

        return cast("_Recorded[_P]", record_once)

    return wrap


def lines(session: Session, act: Act, role: str) -> list[tuple[Lot, Amount]]:
    """Return (lot, amount) of the act's lines of that role, in the order they were given."""
    query = (
        select(Lot, ActLine)
        .join(ActLine)
        .where(ActLine.act_id == act.id, ActLine.role == role)
        .order_by(ActLine.id)  # type: ignore[arg-type]
    )
    return [(lot, Amount(line.pieces, line.weight_g)) for lot, line in session.exec(query)]


def of_lot(session: Session, lot: Lot) -> Sequence[Act]:
    """Return every act that touched the lot, oldest first, voided ones included."""
    touching = select(ActLine.act_id).where(ActLine.lot_id == lot.id)
    query = select(Act).where(col(Act.id).in_(touching))
    return session.exec(query.order_by(col(Act.happened_at), col(Act.sequence))).all()


def touched(session: Session, act: Act) -> list[Lot]:
    """Return every lot of the act, each once."""
    query = select(Lot).join(ActLine).where(ActLine.act_id == act.id)
    rows = session.exec(query.order_by(ActLine.id)).all()  # type: ignore[arg-type]
    return list({lot.id: lot for lot in rows}.values())


def made(session: Session, act: Act) -> list[Lot]:
    """Return the lots the act brought into being."""
    return [lot for lot, _ in lines(session, act, "output")]


def _record(session: Session, kind: str, occasion: Occasion, draft: Draft, request: str) -> Act:
    _refuse_future(session, occasion, draft)
    _refuse_elsewhere(session, kind, draft)
    _check(session, kind, occasion, draft)
    act = _act(session, kind, occasion, draft, request)
    session.add_all([act, *_makes(draft), *draft.new_units])
    session.flush()
    session.add_all([*_act_lines(act, draft), *_act_flows(act, draft), *_unit_lines(act, draft)])
    if draft.inspection is not None:
        session.add(draft.inspection)
    project(session, *{lot.id: lot for lot in [*_makes(draft), *_touches(draft)]}.values())
    return act


def _refuse_elsewhere(session: Session, kind: str, draft: Draft) -> None:
    """On a hub, leave amounts and places to the site itself: nothing goes back from here to it."""
    what = draft.voids.kind if draft.voids else kind
    if what in _ANYWHERE:
        return
    for site_id in {draft.site_id, *(lot.site_id for lot in _touches(draft))}:
        refuse_elsewhere(session, site_id, kind)


def _makes(draft: Draft) -> list[Lot]:
    return [lot for lot, _ in draft.makes]


def _touches(draft: Draft) -> list[Lot]:
    """Every lot of the draft that is there already."""
    amounts = (*draft.takes, *draft.gains, *draft.counts)
    return [*(lot for lot, _ in amounts), *draft.subjects]


def _refuse_future(session: Session, occasion: Occasion, draft: Draft) -> None:
    if occasion.at > datetime.now(UTC) + AHEAD:
        raise BadValue(
            field="at",
            expected="a time that has come",
            got=clock_at(session, occasion.at, site_id=draft.site_id),
            next_step="record it once it is done; check the clock and the time zone",
        )


def _check(session: Session, kind: str, occasion: Occasion, draft: Draft) -> None:
    for lot in _makes(draft):
        _refuse_taken_code(session, lot)
    for lot, asked in draft.takes:
        _refuse_too_much(lot, asked)
        _refuse_in_units(session, lot, asked, draft)
    for lot in _touches(draft):
        if occasion.at < lot.opened_at and draft.voids is None:
            raise OutOfOrder(
                kind=kind,
                lot=lot.code,
                at=clock_at(session, occasion.at, site_id=draft.site_id),
                earlier_kind="start",
                earlier_at=clock_at(session, lot.opened_at, site_id=draft.site_id),
            )


def _refuse_taken_code(session: Session, lot: Lot) -> None:
    same = select(Lot.id).where(
        Lot.organisation_id == lot.organisation_id, Lot.scope == lot.scope, Lot.code == lot.code
    )
    if session.exec(same).first() is not None:
        raise LotCodeTaken(lot=lot.code, scope=lot.scope)


def _refuse_too_much(lot: Lot, asked: Amount) -> None:
    by = Amount(lot.pieces, lot.weight_g).lacking(asked)
    if by is not None:
        has = Amount(lot.pieces, lot.weight_g)
        raise NotEnough(lot=lot.code, has=has, asked=asked, by=by)


def _refuse_in_units(session: Session, lot: Lot, asked: Amount, draft: Draft) -> None:
    """What is in a case stays in it until somebody takes it out, or the books lose the case."""
    inside = contents.inside_units(session, lot)
    if inside.is_nothing or draft.voids is not None:
        return
    coming_out = [m.amount for m in draft.unit_moves if m.content is lot and not m.goes_in]
    still = inside.minus(total([Amount(0, 0), *coming_out]))
    loose = Amount(lot.pieces, lot.weight_g).minus(still)
    if loose.lacking(asked) is not None:
        raise InUnits(lot=lot.code, inside=still, loose=loose, asked=asked)


def _act(session: Session, kind: str, occasion: Occasion, draft: Draft, request: str) -> Act:
    site = session.get_one(Site, draft.site_id)
    offset = occasion.at.astimezone(ZoneInfo(site.time_zone)).utcoffset()
    assert offset is not None
    offset_minutes = int(offset.total_seconds()) // 60
    body = rfc8785.dumps(_body(kind, occasion, draft, site, offset_minutes))
    return Act(
        id=occasion.act_id,
        kind=kind,
        happened_at=occasion.at.astimezone(UTC),
        offset_minutes=offset_minutes,
        recorded_at=datetime.now(UTC),
        performer=occasion.by,
        recorder=occasion.recorder or occasion.by,
        site_id=draft.site_id,
        zone_id=draft.zone.id if draft.zone else None,
        from_party_id=draft.from_party.id if draft.from_party else None,
        to_party_id=draft.to_party.id if draft.to_party else None,
        voids_id=draft.voids.id if draft.voids else None,
        note=occasion.note,
        body=body,
        digest=hashlib.sha256(body).hexdigest(),
        request_digest=request,
    )


def _act_lines(act: Act, draft: Draft) -> list[ActLine]:
    roles = [
        *(("input", lot, amount) for lot, amount in draft.takes),
        *(("output", lot, amount) for lot, amount in draft.makes),
        *(("subject", lot, Amount()) for lot in draft.subjects),
        *(("gain", lot, amount) for lot, amount in draft.gains),
        *(("count", lot, amount) for lot, amount in draft.counts),
    ]
    return [
        ActLine(
            act_id=act.id,
            lot_id=lot.id,
            role=role,
            pieces=amount.pieces,
            weight_g=amount.weight_g,
            closes=draft.closes and role == "input",
        )
        for role, lot, amount in roles
    ]


def _act_flows(act: Act, draft: Draft) -> list[Flow]:
    return [
        Flow(
            act_id=act.id,
            source_id=source.id,
            target_id=target.id,
            pieces=amount.pieces,
            weight_g=amount.weight_g,
        )
        for source, target, amount in draft.flows
    ]


def _unit_lines(act: Act, draft: Draft) -> list[UnitLine]:
    return [
        UnitLine(
            act_id=act.id,
            unit_id=move.unit.id,
            lot_id=move.content.id if isinstance(move.content, Lot) else None,
            inner_id=None if isinstance(move.content, Lot) else move.content.id,
            pieces=move.amount.pieces,
            weight_g=move.amount.weight_g,
            goes_in=move.goes_in,
        )
        for move in draft.unit_moves
    ]


def _body(
    kind: str, occasion: Occasion, draft: Draft, site: Site, offset_minutes: int
) -> dict[str, Any]:
    """What is hashed and sent: everything said of the act, nothing about how we store it."""
    said = {
        "schema": BODY_SCHEMA,
        "id": occasion.act_id,
        "kind": kind,
        **_when(occasion),
        "offset_minutes": offset_minutes,
        "site": site.code,
        "zone": draft.zone,
        "from": draft.from_party,
        "to": draft.to_party,
        "voids": draft.voids.id if draft.voids else None,
        "inputs": [{"lot": lot, "amount": amount} for lot, amount in draft.takes],
        "outputs": [
            {
                "lot": lot,
                "amount": amount,
                "packed_on": lot.packed_on,
                "best_before": lot.best_before,
            }
            for lot, amount in draft.makes
        ],
        "subjects": list(draft.subjects),
        **_only_said("gains", draft.gains),
        **_only_said("counts", draft.counts),
        **_units_said(draft),
        "flows": [
            {"source": source, "target": target, "amount": amount}
            for source, target, amount in draft.flows
        ],
        "facts": dict(draft.facts),
    }
    return {key: _plain(value) for key, value in said.items()}


def _only_said(name: str, amounts: Sequence[tuple[Lot, Amount]]) -> dict[str, Any]:
    """Bodies of acts without any keep the bytes they always had."""
    said = [{"lot": lot, "amount": amount} for lot, amount in amounts]
    return {name: said} if said else {}


def _units_said(draft: Draft) -> dict[str, Any]:
    said = [
        {
            "unit": move.unit,
            "content": move.content,
            "amount": move.amount,
            "goes_in": move.goes_in,
        }
        for move in draft.unit_moves
    ]
    return {"units": said} if said else {}


def _when(occasion: Occasion) -> dict[str, object]:
    """Bodies of acts without a document keep the bytes they always had."""
    paper = occasion.document
    return {
        "happened_at": occasion.at.astimezone(UTC),
        "performer": occasion.by,
        "note": occasion.note,
        **({"document": {"type": paper.type, "number": paper.number}} if paper else {}),
    }


def _digest(request: Mapping[str, object]) -> str:
    try:
        said = rfc8785.dumps(_plain(request))
    except rfc8785.CanonicalizationError as error:
        # NaN, infinities and integers beyond 2^53 have no canonical form: nobody measured those.
        raise BadValue(
            field=str(request["kind"]),
            expected="a number of sensible size from 0",
            got=str(error),
            next_step="read it again",
        ) from error
    return hashlib.sha256(said).hexdigest()


def _plain(value: object) -> Any:  # noqa: PLR0911  one line a type
    """Turn rows and values into JSON by what they are called, never by a database's own ids."""
    match value:
        case Lot():
            return {"code": value.code, "scope": value.scope}
        case Amount():
            return {"pieces": value.pieces, "weight_g": value.weight_g}
        case Act():
            return value.id
        case SQLModel():
            return getattr(value, "code", None)
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="milliseconds")
        case date():
            return value.isoformat()
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case str() | int() | float() | None:
            return value
        case Sequence():
            return [_plain(item) for item in value]
    raise TypeError(f"an act cannot hold {type(value).__name__}")
