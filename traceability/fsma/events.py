"""Acts made into rows: each critical tracking event from the act that is one.

harvest                    harvesting
move into a cold store     cooling, of a lot that is not packed yet
pack                       initial packing; of what was packed before, transformation
relabel, split, merge      transformation, where the lots are packed
ship                       shipping, of packed lots (1.1340: not before initial packing)
receive, return            receiving, of packed lots
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from traceability.acts import lines
from traceability.amounts import Amount
from traceability.fsma.books import Books
from traceability.fsma.records import Record
from traceability.fsma.values import Places, Value
from traceability.models import Act, ActLine, Lot, Zone
from traceability.origins import Origin

KINDS = ("harvest", "move", "pack", "relabel", "split", "merge", "ship", "receive", "return")


@dataclass(frozen=True, slots=True)
class Event:
    """An act with its lines; rows are made of the `wanted` lots only, None: of all."""

    act: Act
    lines: Sequence[tuple[ActLine, Lot]]
    wanted: frozenset[str] | None = None

    def of(self, *roles: str) -> list[tuple[Lot, Amount]]:
        """Return the lots of the produce in these roles; supplies are no food."""
        return [
            (lot, Amount(line.pieces, line.weight_g))
            for line, lot in self.lines
            if line.role in roles and lot.material_id is None
        ]

    def asked(self, *roles: str) -> list[tuple[Lot, Amount]]:
        """Return those that somebody asked about."""
        return [one for one in self.of(*roles) if self.wanted is None or one[0].id in self.wanted]


def records_of(books: Books, event: Event) -> Iterator[Record]:
    """Yield the rows of one act; of most acts there are none."""
    yield from _MAKERS[event.act.kind](books, event)
    if event.act.kind in ("harvest", "move"):
        yield from _cooling(books, event)


def _harvesting(books: Books, event: Event) -> Iterator[Record]:
    act = event.act
    for lot, amount in event.asked("output"):
        farm = books.site(act)
        yield _record(
            books,
            event,
            "harvesting",
            lot,
            **books.commodity(lot),
            **books.measured(lot, amount),
            farm=farm,
            growing_area=books.growing_area(act),
            harvest_date=books.day(act),
            recipient=_recipient(books, lot, event),
            harvester_name=farm.name or None,
            harvester_phone=farm.phone or None,
        )


def _cooling(books: Books, event: Event) -> Iterator[Record]:
    zone_id = event.act.zone_id
    if zone_id is None or books.row(Zone, zone_id).kind != "cold_store":
        return
    place = books.site(event.act)
    for lot, amount in event.asked("subject", "output"):
        if lot.stage == "harvested":
            held = amount if amount.is_known else _harvested_amount(books, lot)
            yield _record(
                books,
                event,
                "cooling",
                lot,
                **books.commodity(lot),
                **books.measured(lot, held),
                cooled_at=place,
                cooling_date=books.day(event.act),
                farm=_farms(books, books.origins(lot)),
                recipient=_recipient(books, lot, event),
            )


def _packing(books: Books, event: Event) -> Iterator[Record]:
    """Give a row for each lot that went in; what was packed before makes it a transformation."""
    for made, amount in event.asked("output"):
        for used, taken in event.of("input"):
            for origin in _by_packed(books.origins(used)):
                part = _part(taken, sum((one.share for one in origin), Fraction(0)))
                if origin[0].lot.stage == "packed":
                    yield _transformed(books, event, (origin[0].lot, part), (made, amount))
                else:
                    yield _packed(books, event, (used, part, origin), (made, amount))


def _by_packed(origins: Sequence[Origin]) -> list[list[Origin]]:
    """Every packed lot by itself, all that was never packed together."""
    packed = [[one] for one in origins if one.lot.stage == "packed"]
    fresh = [one for one in origins if one.lot.stage != "packed"]
    return [*([fresh] if fresh else []), *packed]


def _packed(
    books: Books,
    event: Event,
    used: tuple[Lot, Amount, Sequence[Origin]],
    made: tuple[Lot, Amount],
) -> Record:
    lot, taken, origins = used
    cooled = books.cooled(lot, event.act)
    return _record(
        books,
        event,
        "initial_packing",
        lot,
        **books.commodity(lot),
        received_date=_first(books.day(one.act) for one in origins if one.act),
        **books.measured(lot, taken, prefix="received_"),
        **_grown(books, origins),
        cooled_at=cooled[0] if cooled else None,
        cooling_date=cooled[1] if cooled else None,
        tlc=books.code(made[0]),
        product=books.product(made[0]),
        **books.measured(*made),
        **books.source(made[0]),
        packing_date=books.day(event.act),
    )


def _grown(books: Books, origins: Sequence[Origin]) -> Mapping[str, Value]:
    """Say where and when it was harvested; of what was bought unpacked only by whom is known."""
    own = [one for one in origins if one.act and one.act.kind != "receive"]
    farms = _farms(books, origins)
    areas = [books.growing_area(one.act) for one in own if one.act]
    return {
        "farm": farms,
        "growing_area": tuple(dict.fromkeys(area for area in areas if area)),
        "harvester_name": _joined(place.name for place in farms),
        "harvester_phone": _joined(place.phone for place in farms),
        "harvest_date": _first(books.day(one.act) for one in own if one.act),
    }


def _transforming(books: Books, event: Event) -> Iterator[Record]:
    for made, amount in event.asked("output"):
        if made.stage == "packed":
            shares = _shares(event, made)
            for used, taken in event.of("input"):
                yield _transformed(books, event, (used, _part(taken, shares)), (made, amount))


def _shares(event: Event, made: Lot) -> Fraction:
    """Return which part of what a split took went into one of its lots."""
    sizes = {lot.id: amount.weight_g or amount.pieces or 0 for lot, amount in event.of("output")}
    whole = sum(sizes.values())
    return Fraction(sizes[made.id], whole) if whole and event.act.kind == "split" else Fraction(1)


def _transformed(
    books: Books, event: Event, used: tuple[Lot, Amount], made: tuple[Lot, Amount]
) -> Record:
    return _record(
        books,
        event,
        "transformation",
        made[0],
        input_tlc=books.code(used[0]),
        input_product=books.product(used[0]),
        **books.measured(*used, prefix="input_"),
        tlc=books.code(made[0]),
        **books.source(made[0]),
        completion_date=books.day(event.act),
        product=books.product(made[0]),
        **books.measured(*made),
    )


def _shipping(books: Books, event: Event) -> Iterator[Record]:
    facts = json.loads(event.act.body).get("facts") or {}
    for lot, amount in event.asked("input"):
        if lot.stage == "packed":
            yield _record(
                books,
                event,
                "shipping",
                lot,
                tlc=books.code(lot),
                **books.measured(lot, amount),
                product=books.product(lot),
                recipient=books.party(event.act.to_party_id),
                shipped_from=books.site(event.act),
                ship_date=books.day(event.act),
                **books.source(lot),
                sscc=facts.get("unit"),
            )


def _receiving(books: Books, event: Event) -> Iterator[Record]:
    for lot, amount in event.asked("output", "gain"):
        if lot.stage == "packed" or lot.trade_item_id is not None:
            yield _record(
                books,
                event,
                "receiving",
                lot,
                tlc=books.code(lot),
                **books.measured(lot, amount),
                product=books.product(lot),
                previous_source=books.party(event.act.from_party_id),
                received_at=books.site(event.act),
                receipt_date=books.day(event.act),
                **books.source(lot),
            )


def _nothing(_books: Books, _event: Event) -> Iterator[Record]:
    yield from ()


def _record(books: Books, event: Event, cte: str, lot: Lot, **values: Value) -> Record:
    return Record(
        cte, {**values, **books.paper(event.act), "lot": lot.code, "event_id": event.act.id}
    )


def _recipient(books: Books, lot: Lot, event: Event) -> Places:
    """Who packs it next: the partners it went to unpacked, else the farm's own packing room."""
    return books.sent_to(lot) or (books.site(event.act),)


def _farms(books: Books, origins: Sequence[Origin]) -> Places:
    places = [
        books.party(one.act.from_party_id) if one.act.from_party_id else books.site(one.act)
        for one in origins
        if one.act is not None
    ]
    return tuple(dict.fromkeys(places))


def _harvested_amount(books: Books, lot: Lot) -> Amount:
    """What the lot was when it was made; a move says no amount."""
    act = books.maker(lot)
    held = lines(books.session, act, "output") if act else []
    return next((amount for one, amount in held if one.id == lot.id), Amount())


def _part(taken: Amount, share: Fraction) -> Amount:
    def of(whole: int | None) -> int | None:
        return None if whole is None else round(whole * share)

    return Amount(of(taken.pieces), of(taken.weight_g))


def _joined(words: Iterable[str]) -> str | None:
    return "; ".join(word for word in words if word) or None


def _first(days: Iterable[date]) -> date | None:
    """The earliest: of a mixture, the food is as old as its oldest part."""
    return min(days, default=None)


_MAKERS: Mapping[str, Callable[[Books, Event], Iterator[Record]]] = {
    "harvest": _harvesting,
    "move": _nothing,
    "pack": _packing,
    "relabel": _transforming,
    "split": _transforming,
    "merge": _transforming,
    "ship": _shipping,
    "receive": _receiving,
    "return": _receiving,
}
