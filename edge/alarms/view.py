"""One look at the record and at the parts of the service: everything a rule asks about."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, select

from edge.alarms import listening, system, values
from edge.alarms.decide import Known
from edge.alarms.engine import Side
from edge.alarms.finding import Finding
from edge.alarms.listening import Heard
from edge.alarms.past import past_of
from edge.alarms.rules import BUILT_IN, of_kind
from edge.alarms.silence import Silence
from edge.alarms.system import State
from edge.alarms.wishes import wishes_of
from edge.settings import AlarmRule, Settings
from traceability import newest
from traceability.boots import boot_id
from traceability.models import Zone
from traceability.newest import Newest

IsFresh = Callable[[Newest, datetime], bool]


@dataclass(frozen=True, slots=True)
class View:
    """What there is to look at, and when. `states` is how the parts of the service are."""

    session: Session
    site_id: str
    settings: Settings
    rules: Sequence[AlarmRule]
    known: Mapping[str, Known]
    states: Sequence[State]
    now: datetime
    since_boot_s: float

    def findings(
        self, silences: Mapping[str, Silence] | None, *, elapsed_s: float
    ) -> tuple[list[Finding], dict[str, Silence]]:
        """Return what is found, and for how long everybody has been silent.

        Args:
            silences: As the last look left them; None: this is the first since a start.
        """
        found = newest.newest_of_site(self.session, self.site_id, until=self.now)
        zones = select(Zone.code, Zone.id).where(Zone.site_id == self.site_id)
        heard = list(
            listening.heard_of(
                of_kind(self.rules, "no_data"),
                self.settings,
                found,
                dict(self.session.exec(zones).all()),
            )
        )
        silent = listening.listen(
            heard,
            _remembered(self.known) if silences is None else silences,
            elapsed_s=elapsed_s,
            now=self.now,
            is_frozen=self._frozen(),
        )
        return [
            *self._values(found, heard),
            *listening.found(heard, silent),
            *system.found(self.rules, self.states),
        ], silent

    def _values(self, found: Sequence[Newest], heard: Sequence[Heard]) -> Iterator[Finding]:
        is_fresh = listening.fresh_for(heard, self.settings, BUILT_IN[0])
        rules = of_kind(self.rules, "threshold", "rate", "stuck", "recipe")
        if "clock" not in self._out():
            yield from self._judged(rules, found, is_fresh)
            return
        # A limit needs no time of the day and no past.
        now_only = [rule for rule in rules if rule.kind == "threshold" and not rule.stage]
        others = [rule for rule in rules if rule not in now_only]
        yield from self._judged(others, found, is_fresh)
        yield from self._judged(now_only, self._with_untimed(found), is_fresh)

    def _with_untimed(self, found: Sequence[Newest]) -> list[Newest]:
        boot, since_boot_s = boot_id(), self.since_boot_s
        return newest.with_untimed(
            self.session, found, boot=boot, since_boot_s=since_boot_s, now=self.now
        )

    def _judged(
        self, rules: Sequence[AlarmRule], found: Sequence[Newest], is_fresh: IsFresh
    ) -> Iterator[Finding]:
        return values.found(
            rules,
            [*found, *newest.derived(found)],
            is_fresh=lambda one: is_fresh(one, self.now),
            raised_by=_raised_by(self.known),
            past=past_of(self.session, self.now),
            wishes=wishes_of(self.session, self.site_id, rules, self.now),
        )

    def _frozen(self) -> Callable[[Heard], bool]:
        """Without a clock readings wait elsewhere, on a full disk none is taken in, and without its
        broker nobody hears a radio probe: whose fault that is, another alarm says."""
        out = self._out()
        nothing_comes = "clock" in out or any(state.facts.get("is_full") for state in self.states)
        is_deaf = "broker" in out
        return lambda one: nothing_comes or (is_deaf and one.line == listening.BROKER_LINE)

    def _out(self) -> set[str]:
        return {state.kind for state in self.states if state.side is Side.OUT and not state.name}


def _remembered(known: Mapping[str, Known]) -> dict[str, Silence]:
    found = {key: listening.remembered(row.facts) for key, row in known.items()}
    return {key: silence for key, silence in found.items() if silence is not None}


def _raised_by(known: Mapping[str, Known]) -> dict[str, str]:
    return {
        key: str(row.facts[values.RAISED_BY])
        for key, row in known.items()
        if values.RAISED_BY in row.facts
    }
