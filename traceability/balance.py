"""Mass balance (数量会計): what there was and came, against what went and is left, to the gram.

    opening + harvested + received + returned + made
        = shipped + discarded + sampled + used + lost + closing + unexplained

`made` came out of lots that are not in the account, `used` went into such lots, `lost` is what went
into an act of the account's own lots and did not come out again (trimming). Unexplained is what
counts found missing: it is named lot by lot. JGAP and ASIAGAP 10.1.6 ask for harvested against
shipped amounts; what nobody weighed cannot be in the account, and its lots are named, too.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, true
from sqlalchemy import select as core_select
from sqlmodel import Session, and_, col, select

from traceability.amounts import Amount
from traceability.models import Act, ActLine, Crop, Lot, TradeItem
from traceability.projection import amount_after, unvoided

COMES = ("harvested", "received", "returned", "made")
GOES = ("shipped", "discarded", "sampled", "used", "lost")
# Acts that make lots of lots.
_MAKING = ("pack", "rework", "relabel", "split", "merge")
_BY_KIND = {
    ("harvest", "output"): "harvested",
    ("receive", "output"): "received",
    ("import", "output"): "received",
    ("return", "gain"): "returned",
    ("ship", "input"): "shipped",
    ("discard", "input"): "discarded",
    ("sample", "input"): "sampled",
}


@dataclass(frozen=True, slots=True)
class Named:
    """A lot that the account cannot explain. `grams` are missing (negative: found too much); None:
    some of it came or went without a weight."""

    lot_id: str
    lot: str
    grams: int | None


@dataclass(frozen=True, slots=True)
class Balance:
    """One account over a half-open period; whole grams. `entries` has each of COMES and GOES."""

    start: datetime
    end: datetime
    lots: int
    opening_g: int
    closing_g: int
    entries: Mapping[str, int]
    unexplained: Sequence[Named]

    @property
    def came_g(self) -> int:
        return self.opening_g + sum(self.entries[name] for name in COMES)

    @property
    def unexplained_g(self) -> int:
        """What came, and neither went nor is here."""
        went_g = self.closing_g + sum(self.entries[name] for name in GOES)
        return self.came_g - went_g

    def is_within(self, tolerance: float) -> bool:
        """Whether what is unexplained is at most that share of what came (0.01 is 1 %)."""
        return abs(self.unexplained_g) <= tolerance * self.came_g


def of_lot(session: Session, lot: Lot, *, until: datetime) -> Balance:
    """Return the account of one lot from its beginning."""
    return _account(session, col(Lot.id) == lot.id, start=lot.opened_at, end=until)


def of_crop(session: Session, crop: Crop, *, start: datetime, end: datetime) -> Balance:
    """Return the account of a crop's harvested and packed lots over a period."""
    grown = and_(col(Lot.crop_id) == crop.id, col(Lot.stage).in_(("harvested", "packed")))
    return _account(session, grown, start=start, end=end)


def of_item(session: Session, item: TradeItem, *, start: datetime, end: datetime) -> Balance:
    """Return the account of a trade item's packs over a period; packing them is `made`."""
    return _account(session, col(Lot.trade_item_id) == item.id, start=start, end=end)


def _account(
    session: Session, which: ColumnElement[bool], *, start: datetime, end: datetime
) -> Balance:
    totals = _Totals(start)
    count = 0
    for _, lines in groupby(_lines(session, which, end), key=lambda line: line.lot_id):
        totals.add_lot(list(lines))
        count += 1
    entries = dict.fromkeys((*COMES, *GOES), 0)
    for name, grams in totals.entries.items():
        entries[name] += grams
    for made in totals.makings(_outside(session, which, start, end)):
        for name, grams in made:
            entries[name] += grams
    return Balance(
        start, end, count, totals.opening_g, totals.closing_g, entries, totals.unexplained
    )


class _Totals:
    """Sums over the lots of an account; lines before `start` only make the opening stock."""

    def __init__(self, start: datetime) -> None:
        self.start = start
        self.opening_g = self.closing_g = 0
        self.entries: dict[str, int] = defaultdict(int)
        self.acts: dict[str, list[int]] = defaultdict(lambda: [0, 0])  # act -> [grams in, out]
        self.unexplained: list[Named] = []

    def add_lot(self, lines: Sequence[Any]) -> None:
        held, opening_g, missing_g, is_weighed = Amount(), 0, 0, True
        for line in lines:
            after = amount_after(held, line.role, Amount(line.pieces, line.weight_g))
            change_g = (after.weight_g or 0) - (held.weight_g or 0)
            is_weighed &= after.weight_g is not None
            held = after
            if line.happened_at < self.start:
                opening_g = after.weight_g or 0
            elif line.role == "count":
                missing_g -= change_g
            else:
                self._enter(line, change_g)
        self.opening_g += opening_g
        self.closing_g += held.weight_g or 0
        if missing_g or not is_weighed:
            self.unexplained.append(
                Named(lines[0].lot_id, lines[0].code, missing_g if is_weighed else None)
            )

    def _enter(self, line: Any, change_g: int) -> None:
        name = _BY_KIND.get((line.kind, line.role))
        if name is not None:
            self.entries[name] += abs(change_g)
        elif line.role in ("input", "output"):
            self.acts[line.act_id][line.role == "output"] += abs(change_g)

    def makings(self, outside: set[str]) -> Iterable[list[tuple[str, int]]]:
        """What went into others and came out of them: within the account the rest is lost."""
        for act_id, (in_g, out_g) in self.acts.items():
            if act_id in outside:
                yield [("used", in_g), ("made", out_g)]
            else:
                yield [("lost", in_g - out_g)]


def _lines(session: Session, which: ColumnElement[bool], end: datetime) -> Iterable[Any]:
    """Give every line before `end` of the account's lots, lot by lot, oldest first."""
    query: Any = (
        core_select(
            col(Lot.id).label("lot_id"),
            col(Lot.code),
            col(Act.id).label("act_id"),
            col(Act.kind),
            col(Act.happened_at),
            col(ActLine.role),
            col(ActLine.pieces),
            col(ActLine.weight_g),
        )
        .join(ActLine, col(ActLine.lot_id) == col(Lot.id))
        .join(Act, col(Act.id) == col(ActLine.act_id))
        .where(which, col(Act.happened_at) < end, unvoided(Act.id))
        .order_by(
            col(Lot.code), col(Lot.id), col(Act.happened_at), col(Act.sequence), col(ActLine.id)
        )
    )
    return session.connection().execute(query).all()


def _outside(
    session: Session, which: ColumnElement[bool], start: datetime, end: datetime
) -> set[str]:
    """Return the acts of the period that took from, or made, product beyond the account."""
    query = (
        select(ActLine.act_id)
        .join(Lot, col(Lot.id) == col(ActLine.lot_id))
        .join(Act, col(Act.id) == col(ActLine.act_id))
        .where(col(Act.happened_at) >= start, col(Act.happened_at) < end)
        .where(col(Act.kind).in_(_MAKING), col(ActLine.role).in_(("input", "output")))
        # Not ~which: a lot without a trade item is outside, too, and NULL is not.
        .where(which.is_not(true()), col(Lot.material_id).is_(None))
        .distinct()
    )
    return set(session.exec(query))
