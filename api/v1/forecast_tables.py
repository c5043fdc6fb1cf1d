"""Forecasts, versions, backtests and promises as files: JSON, CSV, XLSX, Parquet."""

from typing import Literal

from fastapi import APIRouter
from fastapi.responses import Response

from api import parquet, sheetfile
from api.deps import InWeb, ReadSession, SignedIn
from api.errors import NoParquet, NotAllowed
from api.forecast_subject import AskedOf
from api.forecast_tables import TABLES
from api.problems import problems
from api.sheetfile import Form
from traceability.errors import NotFound

router = APIRouter(
    prefix="/api/v1/forecasts",
    tags=["forecasts"],
    responses=problems(NotFound, NotAllowed, NoParquet),
)


@router.get("/{crop}/{table}.{kind}", response_class=Response)
def get_table(
    crop: str,
    table: Literal["forecast", "versions", "backtest", "ranges", "promises"],
    kind: Literal["json", "csv", "xlsx", "parquet"],
    narrowed: AskedOf,
    session: ReadSession,
    viewer: SignedIn,
    web: InWeb,
) -> Response:
    """Return one table of a crop, or of an item, a site or a partner of it, as a file."""
    if table == "promises" and not viewer.may_write:
        raise NotAllowed(role=viewer.role)
    made = TABLES[table](session, narrowed.of(session, crop, viewer), web.now())
    name = f"{crop}-{table}"
    if kind != "parquet":
        return sheetfile.answer(sheetfile.made([made], Form(kind)), name)
    headers = {"Content-Disposition": f'attachment; filename="{name}.parquet"'}
    return Response(parquet.file_of(made), media_type=parquet.MEDIA_TYPE, headers=headers)
