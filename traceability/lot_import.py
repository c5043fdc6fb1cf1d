"""Lots from a time before Minori: what a file says of them becomes acts, and nothing else does.

What the file lacks stays unknown: a lot nobody counted has no pieces, a harvest nobody weighed has
no grams, a lot without a place has no stay. Of each act the day is known and not the hour, so it
stands at the local day's beginning, and its note says so.

The id of an act is made from what it is about (owner, crop, code, step), so that importing a file
again, or one that has grown, doubles nothing; and a row that says something else than it did
before is refused as an ActConflict, as any changed act is.
"""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from traceability import acts, lots, rules
from traceability.acts import recorded
from traceability.amounts import Amount
from traceability.drafts import Draft
from traceability.errors import BadValue
from traceability.models import Act, Crop, Lot, Organisation, Site, Zone
from traceability.occasions import Occasion

NOTE = "imported: the day is known, not the hour"
# Who did it is not in the file; who imported it is the recorder.
PERFORMER = "unknown"
UNKNOWN = Amount()
_IDS = uuid.UUID("6f2b7c1e-5d0a-4c57-9a53-3f6f1c0d8e42")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something measured of a lot; `of_harvest`: of what was cut, not of the growing lot."""

    measure: str
    value: float
    unit: str
    method: str
    on: date
    of_harvest: bool


@dataclass(frozen=True, slots=True)
class ImportedLot:
    """What a file says of one lot; None is what it does not say.

    `zone` is where it grew: from transplanting on where that day is known, else from sowing on.
    """

    code: str
    crop: Crop
    zone: Zone | None = None
    sown_on: date | None = None
    transplanted_on: date | None = None
    harvested_on: date | None = None
    planted_pieces: int | None = None
    harvested: Amount = UNKNOWN
    findings: Sequence[Finding] = ()

    @property
    def first_day(self) -> date:
        """The first day it is known to have been there.

        Raises:
            BadValue: the days are not in their order, or there is none.
        """
        steps = (self.sown_on, self.transplanted_on, self.harvested_on)
        days = [day for day in steps if day is not None]
        if not days or days != sorted(days):
            raise BadValue(
                field=f"lot {self.code}",
                expected="a day of sowing, transplanting or harvest, in that order",
                got=", ".join(day.isoformat() for day in days) or "none",
                next_step="correct the row, or the map's columns",
            )
        return days[0]


def bring_in(session: Session, site: Site, lot: ImportedLot, *, recorder: str) -> int:
    """Record what is said of one lot; return how many of its acts are new. The caller commits.

    Raises:
        TraceabilityError: as the acts do; the caller drops what was recorded before it.
    """
    at = _Days(session, site, lot, recorder)
    before = at.known()
    growing = _begun(session, at)
    if lot.transplanted_on is not None:
        moved = at.occasion("transplant", lot.transplanted_on)
        _transplant(session, moved, lot=growing, zone=lot.zone)
    cut = None
    if lot.harvested_on is not None:
        occasion = at.occasion("harvest", lot.harvested_on)
        act = _harvest(session, occasion, lot=growing, amount=lot.harvested)
        (cut,) = acts.made(session, act)
    for finding in lot.findings:
        _inspect(session, at, finding, cut if finding.of_harvest else growing)
    return at.known() - before


def _begun(session: Session, at: "_Days") -> Lot:
    lot = at.lot
    begin = _begin if lot.sown_on is None else _sow
    act = begin(
        session,
        at.occasion("start", lot.first_day),
        site=at.site,
        zone=lot.zone if lot.transplanted_on is None else None,
        crop=lot.crop,
        code=lot.code,
        pieces=lot.planted_pieces,
    )
    return acts.made(session, act)[0]


def _start(
    session: Session,
    occasion: Occasion,
    *,
    site: Site,
    zone: Zone | None,
    crop: Crop,
    code: str,
    pieces: int | None,
) -> Draft:
    lot = lots.new_lot(site.id, crop, code, "growing", occasion)
    facts = lots.under_recipe(session, lot, crop)
    return Draft(site.id, zone=zone, makes=[(lot, Amount(pieces=pieces))], facts=facts)


_sow = recorded("sow")(_start)
# The lot was there by then; when it was sown nobody knows any more.
_begin = recorded("import")(_start)


@recorded("transplant")
def _transplant(session: Session, occasion: Occasion, *, lot: Lot, zone: Zone | None) -> Draft:
    return Draft(lot.site_id, zone=zone, subjects=[lot])


@recorded("harvest")
def _harvest(session: Session, occasion: Occasion, *, lot: Lot, amount: Amount) -> Draft:
    """All of the lot was cut, whatever of it was counted or weighed."""
    crop = session.get_one(Crop, lot.crop_id)
    if amount.pieces is not None and amount.weight_g is not None:
        rules.refuse_too_heavy(crop, pieces=amount.pieces, weight_g=amount.weight_g)
    code = lots.next_code(session, lot)
    cut = lots.new_lot(lot.site_id, crop, code, "harvested", occasion)
    # As in lots.harvest: more heads than were planted must be refused, fewer are lost.
    planted, pieces = lot.pieces, amount.pieces
    taken = None if planted is None else max(planted, pieces or 0)
    lost = None if taken is None or pieces is None else taken - pieces
    return Draft(
        lot.site_id,
        takes=[(lot, Amount(pieces=taken))],
        makes=[(cut, amount)],
        flows=[(lot, cut, amount)],
        facts={"lost_pieces": lost},
        closes=True,
    )


@dataclass(frozen=True, slots=True)
class _Days:
    """Occasions of one lot: ids made from what the act is about, times from the site's days."""

    session: Session
    site: Site
    lot: ImportedLot
    recorder: str

    def occasion(self, step: str, day: date) -> Occasion:
        return Occasion(
            at=datetime.combine(day, time(), ZoneInfo(self.site.time_zone)).astimezone(UTC),
            by=PERFORMER,
            act_id=self.act_id(step),
            recorder=self.recorder,
            note=NOTE,
        )

    def act_id(self, step: str) -> str:
        owner = self.session.get_one(Organisation, self.site.organisation_id)
        about = [owner.code, rules.scope_of(self.lot.crop, None), self.lot.code, step]
        return str(uuid.uuid5(_IDS, json.dumps(about, ensure_ascii=False)))

    def known(self) -> int:
        """Count the acts of this lot that are recorded already."""
        measured = (f"inspect {finding.measure}" for finding in self.lot.findings)
        ids = [self.act_id(step) for step in ("start", "transplant", "harvest", *measured)]
        return len(self.session.exec(select(Act.id).where(col(Act.id).in_(ids))).all())


def _inspect(session: Session, at: _Days, finding: Finding, lot: Lot | None) -> None:
    if lot is None:
        raise BadValue(
            field=finding.measure,
            expected="a harvest it was measured of",
            got="no day of harvest",
            next_step="correct the row, or let the map say on = another day",
        )
    lots.inspect(
        session,
        at.occasion(f"inspect {finding.measure}", finding.on),
        lot=lot,
        measure=finding.measure,
        value=finding.value,
        unit=finding.unit,
        method=finding.method,
    )
