"""The child process that fits one forecast: JSON in on standard input, JSON out.

A process of its own, started anew (never forked: a pool forked after a Prophet fit hangs), so
that seconds of fitting and 190 MB of pandas and Prophet are nobody else's. See `edge.fits`.
"""

import json
import sys
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from forecasting import Forecast


def main() -> None:
    """Read a request, write the forecast's JSON, or why there is none."""
    request = json.load(sys.stdin)
    # What the libraries print must not mix with the answer.
    answer, sys.stdout = sys.stdout, sys.stderr
    json.dump(answer_to(request), answer)


def answer_to(request: dict[str, Any]) -> dict[str, Any]:
    """Return {"body": forecast as JSON}, or {"refusal": code, "message": sentence, "facts": …}."""
    # Late, so that a missing library becomes an answer.
    try:
        from forecasting import Refused, forecast  # noqa: PLC0415
        from forecasting.errors import TooShort  # noqa: PLC0415
        from forecasting.refusals import LEAST, note_of  # noqa: PLC0415

        history, calendar = _tables(request)
    except ImportError as error:
        return {"missing": str(error.name)}
    learnt, least = len(request["weeks"]) - len(request["excluded"]), LEAST[7]
    try:
        # What is drawn in place of weeks left out is no history.
        if request["excluded"] and learnt < least:
            raise TooShort(series=request["series"], periods=learnt, unit="weeks", needed=least)
        made = forecast(
            history,
            horizon_weeks=request["horizon_weeks"],
            calendar=calendar,
            series=request["series"],
            kind=request["kind"],
            today=date.fromisoformat(request["today"]),
            accept=request["accept"],
        )
    except Refused as refusal:
        note = note_of(refusal)
        return {"refusal": note.code, "message": note.sentence, "facts": note.facts}
    except ImportError as error:
        return {"missing": str(error.name)}
    return {"body": _noted(made, request["excluded"]).to_json()}


def _noted(made: "Forecast", excluded: list[str]) -> "Forecast":
    """Say beside the line which weeks it has not learnt from."""
    from forecasting import Note  # noqa: PLC0415

    if not excluded:
        return made
    sentence = f"not learnt from, on somebody's word: the weeks of {', '.join(excluded)}"
    note = Note("excluded_weeks", sentence, {"weeks": ", ".join(excluded)})
    return replace(made, notes=(*made.notes, note))


def _tables(request: dict[str, Any]) -> "tuple[pd.DataFrame, pd.DataFrame | None]":
    """Return the history, and the weeks ahead where a calendar is known."""
    import pandas as pd  # noqa: PLC0415

    weeks, rules = request["weeks"], request["calendar"]
    mondays = [date.fromisoformat(monday) for monday, _ in weeks]
    kilograms = [grams / 1000 for _, grams in weeks]
    history = pd.DataFrame({"ds": pd.to_datetime(mondays), "y": kilograms})
    if request["excluded"]:
        unlike = history["ds"].isin(pd.to_datetime(request["excluded"]))
        history["y"] = history["y"].mask(unlike).interpolate(limit_direction="both")
    if rules is None:
        return history, None
    from forecasting.opening import open_days  # noqa: PLC0415

    # A week in which something came was not closed, whatever the calendar says today.
    known = zip(open_days(mondays, rules), history["y"], strict=True)
    history["open_days"] = [float(max(days, 1) if kg else days) for days, kg in known]
    ahead = [mondays[-1] + timedelta(weeks=by + 1) for by in range(request["horizon_weeks"])]
    days_ahead = [float(days) for days in open_days(ahead, rules)]
    return history, pd.DataFrame({"ds": pd.to_datetime(ahead), "open_days": days_ahead})


if __name__ == "__main__":
    main()
