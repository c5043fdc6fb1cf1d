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
