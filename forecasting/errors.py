"""Why there is a sentence instead of a line: a class for each thing a reader does differently.

ForecastingError
├── NotAHistory      the table is not regular, complete and non-negative: says which row, mend it
├── WorkerDied       a process of the pool was killed from outside: try with fewer
└── Refused          the table is fine and still no honest line can be drawn from it
    ├── TooShort         wait, or count on the lots in the ground
    ├── Stale            enter the missing harvests first
    ├── AllZero          nothing was ever harvested
    ├── GiantOutlier     one value is probably a slip of the unit: mend or accept it
    ├── LevelShift       the last weeks are another regime: accept it, or wait
    ├── MissingCalendar  the open days of the weeks ahead are not known
    ├── NothingOpen      every week ahead is closed
    └── BacktestTooWide  what we would have said was wrong by more than what came
"""


class ForecastingError(Exception):
    """Base of everything this package raises on purpose.

    `template` is the English sentence with named facts: what, where, expected, got, and the
    next thing to try. The facts stay attributes, so that `api` can say it in another language.
    """

    code = "forecasting"
    template = "{message}"

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(self.template.format(**facts))

    def __reduce__(self) -> tuple[object, ...]:
        """A pool's worker hands it over: made anew from its sentence, it would lack its facts."""
        return _made_again, (type(self), self.facts)


def _made_again(kind: type["ForecastingError"], facts: dict[str, object]) -> "ForecastingError":
    return kind(**facts)


class NotAHistory(ForecastingError):
    code = "not_a_history"
    template = "{series}, {where}: {problem}; expected {expected}, got {got}; {next_step}"


class WorkerDied(ForecastingError):
    code = "worker_died"
    template = (
        "a process of {processes} that fitted series was killed, as the system does when memory "
        "is full; try --processes 1"
    )


class Refused(ForecastingError):
    code = "forecast_refused"


class TooShort(Refused):
    code = "too_short"
    template = (
        "{series} has {periods} {unit} of history and a forecast needs at least {needed}; "
        "until then, count on the lots in the ground"
    )


class Stale(Refused):
    code = "stale"
    template = (
        "{series} ends with the {unit} of {last}, {age} {unit}s before {today}; "
        "at most {allowed} may be missing: enter the missing ones, zeros included"
    )


class AllZero(Refused):
    code = "all_zero"
    template = (
        "{series} is zero in all {periods} {unit}; "
        "enter what was harvested, or choose another product"
    )


class GiantOutlier(Refused):
    code = "giant_outlier"
    template = (
        "{series}: {value:.6g} on {ds} is {times:.0f} times the next largest value; "
        "if it is a slip of the unit mend it, if it is true accept 'giant_outlier'"
    )


class LevelShift(Refused):
    code = "level_shift"
    template = (
        "{series}: the last {periods} {unit} average {recent:.6g} where {before:.6g} was usual; "
        "the past says little about such a change: wait, or accept 'level_shift'"
    )


class MissingCalendar(Refused):
    code = "missing_calendar"
    template = (
        "{series} has open days in its history but none are known for {ds}; "
        "extend the calendar over the whole horizon"
    )


class NothingOpen(Refused):
    code = "nothing_open"
    template = "{series}: the calendar has no open day in its history; check the calendar's column"


class BacktestTooWide(Refused):
    code = "backtest_above_100"
    template = (
        "{series}: over {cutoffs} past cutoffs the forecast missed by {wape_pct:.0f} % of all "
        "that came "
        "and the naive line by {naive_pct:.0f} %; such a line would only look like knowledge"
    )
