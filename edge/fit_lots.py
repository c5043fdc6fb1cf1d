"""The child process that weighs lots in the ground into a forecast: JSON in, JSON out.

As `edge.fit`, but nothing is fitted: half a second, most of it importing pandas.
"""

import json
import sys
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from forecasting import LotsNow

_LOT = ("lot", "recipe", "started_on", "pieces", "left", "light_mol", "air_c")
_HARVEST = ("harvested_on", "harvested_pieces", "harvested_g")


def main() -> None:
    """Read lots, weighings and a forecast; write {"body": JSON of LotsNow}."""
    request = json.load(sys.stdin)
    answer, sys.stdout = sys.stdout, sys.stderr
    json.dump(answer_to(request), answer)


def answer_to(request: dict[str, Any]) -> dict[str, str]:
    """Return {"body": ...}, or {"missing": library}."""
    try:
        import pandas as pd  # noqa: PLC0415

        from forecasting import Forecast  # noqa: PLC0415
        from forecasting.lots_now import lots_now  # noqa: PLC0415
    except ImportError as error:
        return {"missing": str(error.name)}
    lots = pd.DataFrame(request["lots"], columns=[*_LOT, *_HARVEST])
    for day in ("started_on", "harvested_on"):
        lots[day] = pd.to_datetime(lots[day])
    for number in ("left", "harvested_pieces", "harvested_g", "light_mol", "air_c"):
        lots[number] = lots[number].astype(float)
    lots["largest_head_g"] = float(request["largest_head_g"])
    weighings = pd.DataFrame(request["weighings"], columns=["lot", "weighed_on", "head_g"])
    weighings["weighed_on"] = pd.to_datetime(weighings["weighed_on"])
    weighings["head_g"] = weighings["head_g"].astype(float)
    history = pd.DataFrame(request["weeks"], columns=["ds", "y"])
    history["ds"] = pd.to_datetime(history["ds"])
    history["y"] = history["y"].astype(float) / 1000
    made = lots_now(
        Forecast.from_json(request["forecast"]) if request["forecast"] else None,
        lots,
        weighings,
        history,
        today=date.fromisoformat(request["today"]),
        already_kg=request["already_g"] / 1000,
        weeks=request["horizon_weeks"],
    )
    return {"body": _noted(made, request).to_json()}


def _noted(made: "LotsNow", request: dict[str, Any]) -> "LotsNow":
    """Say beside the lots which weighings were not believed."""
    from forecasting import Note  # noqa: PLC0415

    heavy = [
        f"{one['lot']} {one['weighed_on']} {one['head_g']:g} g" for one in request["too_heavy"]
    ]
    if not heavy:
        return made
    facts = {"largest_head_g": request["largest_head_g"], "weighings": ", ".join(heavy)}
    sentence = (
        "not believed, as no head weighs more than {largest_head_g} g: {weighings}; "
        "void the weighing, or mend the crop's largest head"
    )
    return replace(made, notes=(Note("heavy_weighing", sentence.format(**facts), facts),))


if __name__ == "__main__":
    main()
