"""From harvested lots to a stored forecast; the fit itself runs in a process of its own.

No transaction is open while it fits: a farm's SQLite has one writer, and the probes are it.
"""

import asyncio
import json
import sys
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from edge.errors import FitFailed
from traceability import forecasts, yields
from traceability.database import reading_session, writing_session
from traceability.models import Crop, ForecastRecord
from traceability.yields import Week

HORIZON_WEEKS = 8
# A fit takes seconds on a small board; one that has not ended by then never will.
LIMIT_S = 600.0
NO_HARVEST = "no_harvest"


async def make(
    engine: Engine,
    crop: Crop,
    *,
    by: str,
    now: datetime,
    horizon_weeks: int = HORIZON_WEEKS,
    accept: Collection[str] = (),
) -> ForecastRecord:
    """Fit a crop's weekly harvest [kg] and store what came of it, a refusal included.

    Args:
        accept: Codes of refusals a person has looked at, as in `forecasting.forecast`.

    Raises:
        FitFailed: the child process gave no answer. Nothing was stored.
    """
    weeks = await asyncio.to_thread(_weeks, engine, crop, now)
    body, refusal = await _answer(crop, weeks, now, horizon_weeks, accept)
    with writing_session(engine) as session:
        return forecasts.store(
            session, crop, body=body, made_by=by, horizon_weeks=horizon_weeks, refusal=refusal
        )


def _weeks(engine: Engine, crop: Crop, now: datetime) -> Sequence[Week]:
    with reading_session(engine) as session:
        return yields.weekly(session, crop, until=now)


async def _answer(
    crop: Crop, weeks: Sequence[Week], now: datetime, horizon_weeks: int, accept: Collection[str]
) -> tuple[str, str | None]:
    """Return the body to store, and the refusal's code where there is no line."""
    if not weeks:
        sentence = (
            f"no whole week of weighed harvest of {crop.code} is recorded yet; "
            "a forecast needs weeks to go by: record harvests, with their weights, as they come"
        )
        return json.dumps({"code": NO_HARVEST, "message": sentence}), NO_HARVEST
    request = {
        "series": crop.code,
        "weeks": [(week.monday.isoformat(), week.weight_g) for week in weeks],
        "horizon_weeks": horizon_weeks,
        "today": now.date().isoformat(),
        "accept": sorted(accept),
    }
    answer = await _in_child(crop.code, request)
    if "missing" in answer:
        raise FitFailed(
            series=crop.code,
            cause=f"the library {answer['missing']} is not installed here",
            next_step="install Minori with its forecast extra: pip install 'minori[forecast]'",
        )
    if "refusal" in answer:
        refusal = {"code": answer["refusal"], "message": answer["message"]}
        return json.dumps(refusal, ensure_ascii=False), answer["refusal"]
    return answer["body"], None


async def _in_child(series: str, request: dict[str, Any]) -> dict[str, str]:
    # -P: the folder we happen to stand in is not a place to import `edge` from.
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "edge.fit"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(LIMIT_S):
            out, err = await child.communicate(json.dumps(request).encode())
    except TimeoutError as error:
        cause = f"it did not end within {LIMIT_S:.0f} s"
        raise FitFailed(series=series, cause=cause, next_step="try again later") from error
    finally:
        # Cancelled or late: nobody waits for the answer any more, so nobody need compute it.
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode != 0:
        last = (err.decode(errors="replace").strip().splitlines() or ["it said nothing"])[-1]
        raise FitFailed(
            series=series,
            cause=f"its process ended with {child.returncode} ({last})",
            next_step="a negative number is a signal, -9 mostly too little memory; try again",
        )
    answer: dict[str, str] = json.loads(out)
    return answer
