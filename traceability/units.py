"""Cases and pallets: packed under one number (SSCC), opened again, shipped whole.

A unit with a GS1 prefix has an SSCC; without one the farm's own code, an address beneath its hub.
Source: GS1 General Specifications, SSCC: extension digit, company prefix, serial, check digit.
"""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from traceability import contents, rules
from traceability.acts import recorded
from traceability.amounts import Amount, total
from traceability.drafts import Draft, UnitMove
from traceability.errors import BadValue, InUnits, NotFound, Phrase, WrongStage
from traceability.gs1 import check_lot_code
from traceability.gs1.checkdigits import check_digit
from traceability.models import LogisticUnit, Lot, Organisation, Party, Site, UnitLine, Zone
from traceability.occasions import Occasion

SSCC_LENGTH = 18
# The first digit is the farm's to choose; cases and pallets then never share a number.
_EXTENSION = {"case": "0", "pallet": "1"}


@recorded("aggregate")
def aggregate(
    session: Session,
    occasion: Occasion,
    *,
    kind: str,
    site: Site,
    lots: Sequence[tuple[Lot, Amount]] = (),
    units: Sequence[LogisticUnit] = (),
    code: str | None = None,
) -> Draft:
    """Put packs, or cases, into a new case or pallet; the unit is `made(session, act)`.

    Args:
        kind: case or pallet.
        site: Where it is packed; all that goes in stands there.
        code: A code of one's own; None takes the next SSCC of the farm's GS1 prefix.

    Raises:
        BadValue: nothing goes in, something twice or from elsewhere, or the kind is unknown.
        InUnits: so much is not loose.
    """
    if kind not in _EXTENSION:
        raise BadValue(field="kind", expected="case or pallet", got=kind, next_step="say which")
    if not lots and not units:
        raise BadValue(
            field="contents", expected="lots or cases", got="nothing", next_step="say what goes in"
        )
    _refuse_twice([*(lot for lot, _ in lots), *units])
    for lot, _ in lots:
        _refuse_from_elsewhere(session, site, lot, stands_at(session, lot))
    for inner in units:
        _refuse_from_elsewhere(session, site, inner, inner.site_id)
    unit = _new_unit(session, occasion, kind, site, code)
    moves = [
        UnitMove(unit, lot, _loose(session, lot, amount), goes_in=True) for lot, amount in lots
    ]
    moves += [UnitMove(unit, _filled(session, inner), Amount(), goes_in=True) for inner in units]
    subjects = _distinct([*lots, *_within(session, units)])
    return Draft(site.id, subjects=subjects, new_units=[unit], unit_moves=moves)


@recorded("disaggregate")
def disaggregate(session: Session, occasion: Occasion, *, unit: LogisticUnit) -> Draft:
    """Take everything out of a unit; smaller units in it stay packed."""
    inside = contents.of_unit(session, unit)
    if inside.is_nothing:
        raise _empty(unit)
    subjects = _distinct(_within(session, [unit]))
    return Draft(unit.site_id, subjects=subjects, unit_moves=_out(unit, inside))


@recorded("ship")
def ship_unit(session: Session, occasion: Occasion, *, unit: LogisticUnit, to: Party) -> Draft:
    """Send a unit, with all that is in it, to a partner.

    Raises:
        InUnits: it is on a pallet itself.
        LotHeld: something in it is on hold.
    """
    _free(session, unit)
    inside = contents.of_unit_in_all(session, unit)
    held = [held for _, one in inside for held in one.lots]
    if not held:
        raise _empty(unit)
    for lot, _ in held:
        rules.require(lot, "ship", "packed", "harvested")
    takes = [(lot, total(a for one, a in held if one is lot)) for lot in _distinct(held)]
    moves = [move for holder, one in inside for move in _out(holder, one)]
    return Draft(
        unit.site_id, takes=takes, to_party=to, unit_moves=moves, facts={"unit": unit.code}
    )


def find_unit(session: Session, code: str) -> LogisticUnit:
    """Return the unit of an SSCC, (00) before it or not, or of an own code.

    Raises:
        NotFound: there is none.
    """
    wanted = code.strip().removeprefix("(00)")
    units = session.exec(select(LogisticUnit).where(LogisticUnit.code == wanted)).all()
    if len(units) != 1:
        raise NotFound(
            what="case or pallet", name=code, next_step="scan its SSCC, or list: minori unit list"
        )
    return units[0]


def made(session: Session, act_id: str) -> LogisticUnit:
    """Return the unit that an `aggregate` act filled."""
    query = select(LogisticUnit).join(UnitLine, col(UnitLine.unit_id) == col(LogisticUnit.id))
    return session.exec(query.where(UnitLine.act_id == act_id)).unique().one()


def stands_at(session: Session, lot: Lot) -> str:
    """Return the id of the site where a lot stands; of one without a place, where it was made."""
    return session.get_one(Zone, lot.zone_id).site_id if lot.zone_id else lot.site_id


def next_sscc(session: Session, organisation: Organisation, kind: str) -> str:
    """Return the next SSCC under the farm's prefix; a number is never given twice.

    Raises:
        BadValue: the farm has no GS1 prefix, or has used all its numbers.
    """
    prefix = organisation.gs1_prefix
    if not prefix:
        raise BadValue(
            field="code",
            expected="a code for the unit",
            got="none, and the farm has no GS1 prefix to make an SSCC of",
            next_step="give it a code, or set gs1_prefix under [site]",
        )
    head = _EXTENSION[kind] + prefix
    digits = SSCC_LENGTH - 1 - len(head)
    known = select(LogisticUnit.code).where(
        LogisticUnit.organisation_id == organisation.id,
        col(LogisticUnit.is_sscc),
        col(LogisticUnit.code).startswith(head),
    )
    last = session.exec(known.order_by(col(LogisticUnit.code).desc()).limit(1)).first()
    number = int(last[len(head) : -1]) + 1 if last else 1
    if number >= 10**digits:
        raise BadValue(
            field="code",
            expected="a free SSCC",
            got="none left under this prefix",
            next_step="ask GS1 for another prefix",
        )
    body = f"{head}{number:0{digits}d}"
    return body + check_digit(body)


def _new_unit(
    session: Session, occasion: Occasion, kind: str, site: Site, code: str | None
) -> LogisticUnit:
    organisation = session.get_one(Organisation, site.organisation_id)
    own = None if code is None else check_lot_code(code)
    unit = LogisticUnit(
        organisation_id=organisation.id,
        site_id=site.id,
        code=own or next_sscc(session, organisation, kind),
        is_sscc=own is None,
        kind=kind,
        made_at=occasion.at,
    )
    same = select(LogisticUnit).where(
        LogisticUnit.organisation_id == organisation.id, LogisticUnit.code == unit.code
    )
    if session.exec(same).first() is not None:
        raise BadValue(
            field="code",
            expected="a code no unit had before",
            got=unit.code,
            next_step="choose another",
        )
    return unit


def _loose(session: Session, lot: Lot, amount: Amount) -> Amount:
    if lot.stage not in ("packed", "harvested"):
        raise WrongStage(
            lot=lot.code, stage=lot.stage, kind="aggregate", next_step="pack or harvest it first"
        )
    wanted = rules.taken(lot, amount)
    loose = contents.loose(session, lot)
    if loose.lacking(wanted) is not None:
        inside = contents.inside_units(session, lot)
        raise InUnits(lot=lot.code, inside=inside, loose=loose, asked=wanted)
    return wanted


def _free(session: Session, unit: LogisticUnit) -> LogisticUnit:
    holder = contents.holder_of(session, unit)
    if holder is not None:
        raise BadValue(
            field="unit",
            expected="a unit that is in no other",
            got=Phrase("{unit}, which is in {holder}", unit=unit.code, holder=holder.code),
            next_step=Phrase("use {holder}, or open it first", holder=holder.code),
        )
    return unit


def _empty(unit: LogisticUnit) -> BadValue:
    return BadValue(
        field="unit",
        expected="a unit with something in it",
        got=Phrase("{unit}, which is empty", unit=unit.code),
        next_step="check the number",
    )


def _filled(session: Session, unit: LogisticUnit) -> LogisticUnit:
    if contents.of_unit(session, unit).is_nothing:
        raise _empty(unit)
    return _free(session, unit)


def _refuse_twice(content: Sequence[Lot | LogisticUnit]) -> None:
    seen: set[str] = set()
    for one in content:
        if one.id in seen:
            raise BadValue(
                field="contents",
                expected="each lot and case once",
                got=Phrase("{one} twice", one=one.code),
                next_step="say how much of it in all",
            )
        seen.add(one.id)


def _refuse_from_elsewhere(
    session: Session, site: Site, one: Lot | LogisticUnit, site_id: str
) -> None:
    if site_id != site.id:
        raise BadValue(
            field="contents",
            expected=Phrase("what stands at site {site}", site=site.code),
            got=Phrase(
                "{one}, which is at {site}", one=one.code, site=session.get_one(Site, site_id).code
            ),
            next_step="pack it there",
        )


def _within(session: Session, units: Sequence[LogisticUnit]) -> list[tuple[Lot, Amount]]:
    """Every lot in units and the units in them: an act on those is in its history, too."""
    return [
        held
        for unit in units
        for _, inside in contents.of_unit_in_all(session, unit)
        for held in inside.lots
    ]


def _out(unit: LogisticUnit, inside: contents.Contents) -> list[UnitMove]:
    lots = [UnitMove(unit, lot, amount, goes_in=False) for lot, amount in inside.lots]
    return lots + [UnitMove(unit, inner, Amount(), goes_in=False) for inner in inside.units]


def _distinct(held: Sequence[tuple[Lot, Amount]]) -> list[Lot]:
    return list({lot.id: lot for lot, _ in held}.values())
