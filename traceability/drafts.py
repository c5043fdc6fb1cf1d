"""What a verb wants written of an act; `traceability.acts` checks it and writes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from traceability.amounts import Amount
from traceability.models import Act, Inspection, LogisticUnit, Lot, Party, Zone


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

    @property
    def made(self) -> list[Lot]:
        """The lots it brings into being."""
        return [lot for lot, _ in self.makes]

    @property
    def touched(self) -> list[Lot]:
        """Every lot of it that is there already."""
        amounts = (*self.takes, *self.gains, *self.counts)
        return [*(lot for lot, _ in amounts), *self.subjects]
