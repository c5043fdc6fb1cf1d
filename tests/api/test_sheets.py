"""Sheets as people and programs get them: a workbook, CSV, JSON, and the page that offers them."""

import io
import zipfile

import pytest
import python_calamine
from httpx import Client

from tests.world import World
from traceability.fsma import CTES

HTML = {"accept": "text/html"}
SHEET = "/api/v1/sheets/fsma"


def _workbook(content: bytes) -> dict[str, list[list[object]]]:
    book = python_calamine.load_workbook(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_the_workbook_reads_back_with_every_element(client: Client, world: World) -> None:
    answer = client.get(f"{SHEET}.xlsx", params={"lot": world.bags.code})

    book = _workbook(answer.content)
    assert list(book) == [
        *("Request", "Harvesting", "Cooling", "Initial packing", "Shipping", "Receiving"),
        *("Transformation", "Missing"),
    ]
    header, row = book["Shipping"]
    shipped = dict(zip(header, row, strict=True))
    assert shipped["Traceability lot code"] == "(01)04912345678904(10)P/0713-A"
    assert (shipped["Quantity of the food"], shipped["Unit of measure"]) == (40, "bag of 80 g")
    assert shipped["Date shipped"] == "2026-07-14"
    assert str(shipped["Location description: immediate subsequent recipient"]).startswith("Mart")
    assert len(book["Harvesting"]) == len(book["Initial packing"]) == 2


def test_what_is_missing_is_said_once_with_its_cure(client: Client, world: World) -> None:
    said = client.get(f"{SHEET}.json", params={"lot": world.bags.code}).json()

    cures = {row["what_to_do"] for row in said["missing"]}
    assert "say it: minori catalogue partner add mart --phone TEXT" in cures
    assert "set address under [site] in minori.toml" in cures
    assert len(said["missing"]) == len(cures) == 4


def test_programs_find_the_same_names_in_any_language(client: Client, world: World) -> None:
    said = [
        client.get(f"{SHEET}.json", params={"lot": world.bags.code, "language": one}).json()
        for one in ("en", "ja")
    ]

    assert list(said[0]) == list(said[1]) == ["request", *CTES, "missing"]
    assert list(said[0]["shipping"][0]) == [kde.key for kde in CTES["shipping"]]
    assert said[1]["harvesting"][0]["commodity"] == "低カリウムレタス"


def test_csv_holds_one_table_and_a_zip_all(client: Client) -> None:
    params = {"start": "2026-06-01T00:00:00Z", "end": "2026-09-01T00:00:00Z"}

    refused = client.get(f"{SHEET}.csv", params=params)
    one = client.get(f"{SHEET}.csv", params=params | {"table": "shipping"})
    every = client.get(f"{SHEET}.zip", params=params | {"encoding": "cp932", "language": "ja"})

    assert (refused.status_code, refused.json()["code"]) == (400, "no_such_table")
    assert one.content.startswith("\ufeffTraceability lot code,".encode())
    with zipfile.ZipFile(io.BytesIO(every.content)) as archive:
        assert len(archive.namelist()) == len(CTES) + 2
        assert "低カリウムレタス" in archive.read("harvesting.csv").decode("cp932")


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_page_says_what_is_in_it_and_offers_it(
    client: Client, world: World, language: str
) -> None:
    query = {"lot": world.bags.code, "lang": language}

    page = client.get("/sheets", params=query, headers=HTML)

    assert page.status_code == 200
    assert {"en": "Initial packing", "ja": "初回包装"}[language] in page.text
    assert "/sheets/fsma.xlsx?lot=P%2F0713-A&amp;" in page.text
    assert client.get("/sheets/fsma.zip", params=query | {"encoding": "cp932"}).status_code == 200


def test_the_last_day_of_a_page_is_in_it(client: Client) -> None:
    """A person who writes 14 July twice means that day."""
    query = {"begins": "2026-07-14", "ends": "2026-07-14"}

    book = _workbook(client.get("/sheets/fsma.xlsx", params=query).content)

    assert len(book["Shipping"]) == 2
    assert len(book["Harvesting"]) == 1


@pytest.mark.parametrize(
    "query", [{"lot": "nobody"}, {"begins": "yesterday"}, {"ends": "9999-12-31"}]
)
def test_what_cannot_be_is_said_on_the_page(client: Client, query: dict[str, str]) -> None:
    page = client.get("/sheets", params=query, headers=HTML)

    assert 400 <= page.status_code < 500
    assert 'role="alert"' in page.text
    assert next(iter(query.values())) in page.text


def test_a_shipment_with_its_paper_from_the_page(client: Client, world: World) -> None:
    at = "2026-07-20T09:00"
    form = {"to": world.farm.shop.id, "pieces": "5", "at": at, "act_id": "0" * 12}
    paper = {"document_type": "納品書", "document_number": "=D-7"}

    done = client.post(f"/lots/{world.bags.id}/ship", data=form | paper)

    assert done.status_code == 303, done.text
    rows = client.get(f"{SHEET}.json", params={"lot": world.bags.code}).json()["shipping"]
    assert (rows[-1]["document_type"], rows[-1]["document_number"]) == ("納品書", "=D-7")
    table = client.get(f"{SHEET}.csv", params={"lot": world.bags.code, "table": "shipping"}).text
    assert ",'=D-7," in table


def test_sheets_are_the_farms_own(client: Client, add_user) -> None:
    add_user("boss")

    assert client.get(f"{SHEET}.xlsx").status_code == 401


def test_a_jgap_shipment_leads_to_its_harvest_in_japanese(client: Client, world: World) -> None:
    book = _workbook(client.get("/api/v1/sheets/jgap.xlsx", params={"lot": "P/0713-A"}).content)

    assert list(book) == ["請求", "収穫記録", "出荷記録", "数量会計", "説明できない差"]
    header, row = book["出荷記録"]
    shipped = dict(zip(header, row, strict=True))
    assert (shipped["出荷先"], shipped["収穫ロット"]) == ("マート", "LK-0601-1")
    assert (shipped["出荷重量 [g]"], shipped["うちこの収穫分 [g]"]) == (3200, 3200)
    assert shipped["圃場・栽培区画の名称"] == "A室"


def test_the_jgap_balance_closes(client: Client) -> None:
    (account,) = client.get("/api/v1/sheets/jgap.json").json()["balance"]

    came = [account[f"{name}_g"] for name in ("opening", "harvested", "received", "made")]
    went = [account[f"{name}_g"] for name in ("shipped", "lost", "closing", "used")]
    assert sum(came) == sum(went) == 9120
    assert account["unexplained_g"] == 0


def test_the_temperature_record_says_what_was_measured(client: Client, world: World) -> None:
    said = client.get("/api/v1/sheets/jas0033.json", params={"lot": "P/0713-A"}).json()

    (store,) = said["stays"]
    assert (store["min_c"], store["mean_c"], store["max_c"]) == (
        3.5,
        pytest.approx(4, abs=0.1),
        4.5,
    )
    # Whoever received it has it without us: that is said, not left out.
    assert [(gap["place"], gap["end"]) for gap in said["gaps"]] == [("マート", None)]
    assert said["criteria"][0]["found"] == "2026-07-13T09:00+09:00"
    assert said["criteria"][0]["met"] == "不適合"
    assert len(said["record"]) > 100


def test_the_list_of_lots_comes_in_shift_jis_too(client: Client) -> None:
    utf8, shift_jis = (
        client.get("/lots.csv", params={"encoding": one}) for one in ("utf-8", "cp932")
    )

    assert utf8.content.decode("utf-8-sig") == shift_jis.content.decode("cp932")


def test_a_lot_that_grows_has_no_cold_chain(client: Client, world: World) -> None:
    answer = client.get("/api/v1/sheets/jas0033.xlsx", params={"lot": "LK-0630"})
    page = client.get("/sheets", params={"lot": "LK-0630"}, headers=HTML)

    assert (answer.status_code, answer.json()["code"]) == (400, "sheet_needs_cut_lot")
    assert page.status_code == 200
    assert "name the lot that was cut or packed" in page.text


@pytest.mark.parametrize("name", ["fsma", "jgap", "jas0033"])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_sheet_is_a_workbook_and_csv_in_both_languages(
    client: Client, name: str, language: str
) -> None:
    """Sheets' titles must differ and their heads fit Shift_JIS, or the download fails."""
    params = {"lot": "P/0713-A", "language": language}

    book = client.get(f"/api/v1/sheets/{name}.xlsx", params=params)
    tables = client.get(f"/api/v1/sheets/{name}.zip", params=params | {"encoding": "cp932"})

    assert (book.status_code, tables.status_code) == (200, 200), tables.text
    assert len(_workbook(book.content)) > 4
