"""What a forecast is once made: plain values that are stored, shown and compared, never edited.

Only the standard library is imported here, on purpose: a look-up of a stored forecast must not
pay for pandas and Prophet (0.7 to 1.4 s and 190 MB, measured).
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any, Self

from forecasting.errors import NotAHistory

FURTHEST_WEEKS = 26  # nobody knows a harvest further ahead
SCHEMA = 1  # of the JSON; a reader refuses a number it does not know


@dataclass(frozen=True, slots=True)
class Step:
    """One week (or day) ahead. Amounts in the unit of the history, kg for a harvest."""

    ds: date
    p10: float
    p50: float
    p90: float
    naive: float  # the line every model has to beat, always shown beside
    open_days: float | None = None
    lots_share: float = 0.0  # 0 to 1: how much of p50 comes from lots already growing


@dataclass(frozen=True, slots=True)
class Score:
    """Errors over past cutoffs, see forecasting.measures for the formulas. None: not measurable."""

    wape: float | None
    mase: float | None
    bias: float | None
    pinball: float | None
    coverage: float | None
    cutoffs: int


@dataclass(frozen=True, slots=True)
class AtStep:
    """How P10 to P90 held at one distance: `ahead` is 1 for the first week (or day) not known yet.

    Both None where nothing was said and nothing came. `cases` are the past weeks it rests on: of
    thirteen, one more or less is eight points of coverage.
    """

    ahead: int
    coverage: float | None
    width: float | None
    cases: int


@dataclass(frozen=True, slots=True)
class Note:
    """Something the reader has to know beside the line: a stable code, its sentence, its facts."""

    code: str
    sentence: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Expected:
    """One growing lot: P10, P50, P90 of its harvest day and weight [kg]."""

    lot: str
    harvest: tuple[date, date, date]
    kg: tuple[float, float, float]
    basis: str  # weighed, pooled (never weighed), or prior (too few lots of this site)


@dataclass(frozen=True, slots=True)
class LotsNow:
    """The weeks of a forecast as the lots in the ground make them now, without a new fit.

    Attributes:
        steps: only the weeks that are not over; empty where there is no line to lean on.
        lots: every lot that grows or is planned.
        kg: P10, P50, P90 that the lots alone bring, by week from the running one on.
        notes: what was not believed of the lots, and why.
    """

    steps: tuple[Step, ...]
    lots: tuple[Expected, ...]
    kg: tuple[tuple[float, float, float], ...]
    notes: tuple[Note, ...] = ()

    def to_json(self) -> str:
        return _json(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        facts = json.loads(text)
        return cls(
            steps=tuple(_step(step) for step in facts["steps"]),
            lots=tuple(
                Expected(
                    lot["lot"],
                    tuple(date.fromisoformat(day) for day in lot["harvest"]),  # type: ignore[arg-type]
                    tuple(lot["kg"]),
                    lot["basis"],
                )
                for lot in facts["lots"]
            ),
            kg=tuple(tuple(week) for week in facts["kg"]),
            notes=tuple(Note(**note) for note in facts.get("notes", ())),
        )


@dataclass(frozen=True, slots=True)
class Forecast:
    """What may happen, with how wrong we were before and everything needed to make it again."""

    series: str
    kind: str  # supply, demand or intermittent
    step_days: int  # 7 a week, 1 a day
    steps: tuple[Step, ...]
    history_first: date
    history_last: date
    history_length: int
    served: str  # "minori" (the mix) or "naive" where the mix has lost to it
    naive_name: str
    reason: Note  # why this one is served
    weights: Mapping[str, float]  # of the mix's members, summing to 1
    backtest: Mapping[str, Score]  # "minori", "naive" and each member
    calibration: str  # own, pooled or uncalibrated
    notes: tuple[Note, ...]
    seed: int
    versions: Mapping[str, str]
    data_digest: str  # sha256 of the history and calendar as used
    parameters: Mapping[str, Any] = field(default_factory=dict)
    model_json: str | None = None  # the served Prophet, as prophet.serialize writes it
    by_step: tuple[AtStep, ...] = ()  # of what is served; none in older forecasts

    @property
    def error(self) -> Score | None:
        """The backtest of what is served."""
        return self.backtest.get(self.served)

    @property
    def naive_error(self) -> Score | None:
        return self.backtest.get("naive")

    def to_json(self) -> str:
        """Return the forecast as JSON; the same forecast always gives the same bytes."""
        return _json({"schema": SCHEMA, **asdict(self)})

    def with_lots(self, now: LotsNow) -> Self:
        """Return the forecast with the weeks that lots in the ground made anew."""
        anew = {step.ds: step for step in now.steps}
        return replace(self, steps=tuple(anew.get(step.ds, step) for step in self.steps))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote, without pandas or Prophet.

        Raises:
            NotAHistory: the text was written by a version this one does not know.
        """
        facts = json.loads(text)
        schema = facts.pop("schema", None)
        if schema != SCHEMA:
            raise NotAHistory(
                series="stored forecast",
                where="schema",
                problem="unknown schema",
                expected=SCHEMA,
                got=schema,
                next_step="make the forecast again with this version",
            )
        return cls(
            **facts
            | {
                "steps": tuple(_step(step) for step in facts["steps"]),
                "history_first": date.fromisoformat(facts["history_first"]),
                "history_last": date.fromisoformat(facts["history_last"]),
                "reason": Note(**facts["reason"]),
                "backtest": {name: Score(**score) for name, score in facts["backtest"].items()},
                "notes": tuple(Note(**note) for note in facts["notes"]),
                "by_step": tuple(AtStep(**step) for step in facts.get("by_step", ())),
            }
        )


def _json(facts: dict[str, Any]) -> str:
    """The same facts always give the same bytes."""
    return json.dumps(
        facts,
        default=date.isoformat,
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
        allow_nan=False,
    )


def _step(facts: dict[str, Any]) -> Step:
    return Step(**facts | {"ds": date.fromisoformat(facts["ds"])})
