"""Forecasts, versions, backtests, ranges and promises for other programs: four forms of the same rows."""

import csv
import io
import sys
from collections.abc import Callable

import pytest
from httpx import Client
from pyarrow import parquet, types
from python_calamine import CalamineWorkbook

from tests.world import World

ROWS = {"forecast": 8, "versions": 1, "backtest": 2, "ranges": 2, "promises": 1}


@pytest.mark.parametrize("table", ROWS)
def test_the_same_rows_in_every_form(client: Client, world: World, table: str) -> None:
    promise = {"partner": "mart", "week": "2026-07-27", "item": "lowk-80", "packs_per_case": 20}
    client.post("/api/v1/promises/lowk", json=promise)
    base = f"/api/v1/forecasts/lowk/{table}"
    answers = {kind: client.get(f"{base}.{kind}") for kind in ("json", "csv", "xlsx")}
    assert {one.status_code for one in answers.values()} == {200}

    said = answers["json"].json()[table]
    assert len(said) == ROWS[table]
    rows = list(csv.DictReader(io.StringIO(answers["csv"].content.decode("utf-8-sig"))))
    book = CalamineWorkbook.from_filelike(io.BytesIO(answers["xlsx"].content))
    whole = parquet.read_table(io.BytesIO(client.get(f"{base}.parquet").content))

    assert list(rows[0]) == list(said[0]) == whole.column_names
    head, *cells = book.get_sheet_by_index(0).to_python()
    assert head == whole.column_names
    assert len(rows) == whole.num_rows == len(cells) == ROWS[table]
    for row, line, cell, column in zip(said, rows, cells, whole.to_pylist(), strict=True):
        for place, name in enumerate(whole.column_names):
            if isinstance(row[name], int | float):
                values = (float(line[name]), cell[place], column[name])
                assert values == pytest.approx((row[name],) * 3, rel=1e-12), name


def test_promises_are_narrowed_as_forecasts_are(client: Client, world: World) -> None:
    for item in (None, "lowk-80"):
        promise = {"partner": "mart", "week": "2026-07-27", "item": item}
        assert client.post("/api/v1/promises/lowk", json=promise).status_code == 201
    table = "/api/v1/forecasts/lowk/promises.json"

    assert len(client.get(f"{table}?partner=mart").json()["promises"]) == 2
    (one,) = client.get(f"{table}?item=lowk-80").json()["promises"]
    assert one["item"] == "lowk-80"


def test_parquet_has_types_and_missing_is_missing(client: Client, world: World) -> None:
    table = parquet.read_table(
        io.BytesIO(client.get("/api/v1/forecasts/lowk/forecast.parquet").content)
    )

    assert types.is_date(table.schema.field("ds").type)
    assert types.is_timestamp(table.schema.field("made_at").type)
    assert types.is_floating(table.schema.field("p50").type)
    assert table.column("open_days").null_count == 8
    assert table.column("p50")[0].as_py() == 42.0


def test_what_is_not_there_is_refused(client: Client, world: World) -> None:
    assert client.get("/api/v1/forecasts/basil/forecast.csv").status_code == 404
    assert client.get("/api/v1/forecasts/lowk/forecast.pdf").status_code == 422
    assert client.get("/api/v1/forecasts/basil/versions.csv").status_code == 200
    assert client.get("/api/v1/forecasts/lowk/forecast.csv?partner=mart").status_code == 404


def test_a_board_without_the_library_says_so(
    client: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    answer = client.get("/api/v1/forecasts/lowk/forecast.parquet")

    assert (answer.status_code, answer.json()["code"]) == (501, "no_parquet")
    assert client.get("/api/v1/forecasts/lowk/forecast.csv").status_code == 200


def test_a_partner_takes_forecasts_and_no_promises(
    client: Client, world: World, add_user: Callable[..., str]
) -> None:
    add_user("boss")
    secret = add_user("coop", "partner")
    token = client.post("/api/v1/token", json={"name": "coop", "password": secret}).json()
    client.headers["authorization"] = f"Bearer {token['token']}"

    assert client.get("/api/v1/forecasts/lowk/forecast.csv").status_code == 200
    assert client.get("/api/v1/forecasts/lowk/promises.csv").status_code == 403
    assert client.get("/api/v1/forecasts/lowk/forecast.csv?partner=mart").status_code == 403
