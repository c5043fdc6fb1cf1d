"""Good agricultural practice: harvest and shipment records, each shipment tied to its harvests.

Source: JGAP (farm) 2022, 6.2: who shipped what, where to, when and how much, with the harvest it
came from (day, amount, field, lot); JGAP and ASIAGAP 10.1.6: harvested against shipped amounts,
which `traceability.balance` reckons.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from traceability import balance
from traceability.amounts import Amount
from traceability.balance import Balance
from traceability.fsma.books import Books
from traceability.fsma.collecting import Request, events, family
from traceability.fsma.events import Event
from traceability.fsma.values import Location, Product, Value, Word
from traceability.models import Act, Crop, Lot, Organisation
from traceability.origins import Origin

# Before any record: where a period has no beginning.
_EVER = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(frozen=True, slots=True)
class Harvest:
    """One harvest: when, where and how much, and what had been sown."""

    on: date
    farm: Location
    area: Word | None
    crop: Word
    variety: str
    sown_lot: str | None
    lot: str
    amount: Amount
    by: str


@dataclass(frozen=True, slots=True)
class Shipment:
    """What of one shipment came from one harvest: `part_g` of all its shipments' rows add up."""

    on: date
    farm: Location
    product: Product | Word
    recipient: Location
    lot: str
    amount: Amount
    document: Mapping[str, Value]
    harvest_lot: str
    harvested_on: date | None
    area: Word | None
    part_g: int | None
    act_id: str


@dataclass(frozen=True, slots=True)
class Account:
    """Harvested against shipped amounts: of a crop, or of one lot."""

    of: Word
    balance: Balance


def harvests(session: Session, owner: Organisation, request: Request) -> list[Harvest]:
    books = Books(session)
    found = events(session, owner, request, ("harvest",))
    return [one for event in found for one in _harvests(books, event)]


def shipments(session: Session, owner: Organisation, request: Request) -> list[Shipment]:
    books = Books(session)
    found = events(session, owner, request, ("ship",))
    return [
        one
        for event in found
        for lot, amount in event.asked("input")
        for one in _shipped(books, event.act, lot, amount)
    ]


def accounts(
    session: Session, owner: Organisation, request: Request, *, now: datetime
) -> list[Account]:
    """Return the mass balance of each crop over the period; of a lot, of each lot of its trace."""
    start, end = request.start or _EVER, request.end or now
    if request.lot is not None:
        ids = family(session, request.lot)
        query = select(Lot).where(col(Lot.id).in_(ids)).order_by(col(Lot.opened_at), col(Lot.code))
        grown = [lot for lot in session.exec(query) if lot.stage in ("harvested", "packed")]
        return [Account(Word(x.code), balance.of_lot(session, x, until=end)) for x in grown]
    crops = session.exec(
        select(Crop).where(Crop.organisation_id == owner.id).order_by(col(Crop.code))
    ).all()
    found = [
        Account(Word(crop.name, crop.name_ja), balance.of_crop(session, crop, start=start, end=end))
        for crop in crops
    ]
    return [one for one in found if one.balance.lots]


def _harvests(books: Books, event: Event) -> Iterator[Harvest]:
    act = event.act
    grown = event.of("input")
    for lot, amount in event.asked("output"):
        crop = books.row(Crop, lot.crop_id)
        yield Harvest(
            on=books.day(act),
            farm=books.site(act),
            area=books.growing_area(act),
            crop=Word(crop.name, crop.name_ja),
            variety=crop.variety,
            sown_lot=grown[0][0].code if grown else None,
            lot=lot.code,
            amount=amount,
            by=act.performer,
        )


def _shipped(books: Books, act: Act, lot: Lot, amount: Amount) -> Iterator[Shipment]:
    origins = books.origins(lot, opening_packs=True)
    for origin, part_g in zip(origins, _parts(amount.weight_g, origins), strict=True):
        is_own = origin.act is not None and origin.act.kind != "receive"
        yield Shipment(
            on=books.day(act),
            farm=books.site(act),
            product=books.product(lot),
            recipient=books.party(act.to_party_id),
            lot=lot.code,
            amount=amount,
            document=books.paper(act),
            harvest_lot=origin.lot.code,
            harvested_on=books.day(origin.act) if origin.act and is_own else None,
            area=books.growing_area(origin.act) if origin.act and is_own else None,
            part_g=part_g,
            act_id=act.id,
        )


def _parts(whole_g: int | None, origins: Sequence[Origin]) -> list[int | None]:
    """Divide grams by shares so that they add up: what is rounded goes to the last."""
    if whole_g is None:
        return [None] * len(origins)
    parts = [int(whole_g * origin.share) for origin in origins[:-1]]
    return [*parts, whole_g - sum(parts)]
