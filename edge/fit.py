"""The child process that fits one forecast: JSON in on standard input, JSON out.

A process of its own, started anew (never forked: a pool forked after a Prophet fit hangs), so
that seconds of fitting and 190 MB of pandas and Prophet are nobody else's. See `edge.fits`.
"""

import json
import sys
from datetime import date
from typing import Any


def main() -> None:
    """Read a request, write the forecast's JSON, or why there is none."""
    request = json.load(sys.stdin)
    # What the libraries print must not mix with the answer.
    answer, sys.stdout = sys.stdout, sys.stderr
    json.dump(answer_to(request), answer)


def answer_to(request: dict[str, Any]) -> dict[str, str]:
    """Return {"body": forecast as JSON}, or {"refusal": code, "message": sentence}."""
    # Late, so that a missing library becomes an answer.
    try:
        import pandas as pd  # noqa: PLC0415

        from forecasting import Refused, forecast  # noqa: PLC0415
    except ImportError as error:
        return {"missing": str(error.name)}
    weeks = request["weeks"]
    history = pd.DataFrame(
        {
            "ds": pd.to_datetime([monday for monday, _ in weeks]),
            "y": [grams / 1000 for _, grams in weeks],
        }
    )
    try:
        made = forecast(
            history,
            horizon_weeks=request["horizon_weeks"],
            series=request["series"],
            today=date.fromisoformat(request["today"]),
            accept=request["accept"],
        )
    except Refused as refusal:
        return {"refusal": refusal.code, "message": str(refusal)}
    except ImportError as error:
        return {"missing": str(error.name)}
    return {"body": made.to_json()}


if __name__ == "__main__":
    main()
