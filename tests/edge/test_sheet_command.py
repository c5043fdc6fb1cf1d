"""`minori sheet`: what is in a sheet on the terminal, all of it in a file."""

import pytest

from tests.edge.console import Console, new_console


@pytest.fixture
def console(tmp_path) -> Console:
    console = new_console(tmp_path)
    console.ok("catalogue", "crop", "add", "lowk", "--largest-head", "250g", "--name", "レタス🥬")
    console.ok(
        *("catalogue", "item", "add", "lowk-80", "--crop", "lowk", "--net", "80g"),
        *("--gtin", "4912345678904"),
    )
    console.ok("catalogue", "partner", "add", "mart", "--address", "Tokyo, Japan")
    console.ok("lot", "sow", "L1", "--crop", "lowk", "--zone", "A", "--pieces", "100")
    console.ok(
        *("lot", "harvest", "L1", "--pieces", "100", "--weight", "9kg"), "--zone", "P", "--final"
    )
    console.ok(
        *("lot", "pack", "L1-1", "--item", "lowk-80", "--packs", "100"),
        *("--code", "P1", "--zone", "P"),
    )
    console.ok("lot", "ship", "P1", "--to", "mart", "--document", "delivery note=D-1042")
    return console


def test_it_says_what_is_in_it_and_what_is_missing(console: Console) -> None:
    said = console.ok("sheet", "fsma", "--lot", "P1")

    assert "  Shipping" in said.out
    assert "minori catalogue partner add mart --phone TEXT" in said.out
    assert max(len(line) for line in said.lines) <= 80


def test_it_writes_the_kind_that_the_name_ends_in(console: Console) -> None:
    for ending, start in (("xlsx", b"PK"), ("zip", b"PK"), ("json", b"{")):
        file = console.folder / f"fsma.{ending}"

        said = console.ok("sheet", "fsma", "--lot", "P1", "--out", file)

        assert said.out.startswith(f"written to {file}")
        assert file.read_bytes().startswith(start)
    assert console.refused("sheet", "fsma", "--out", "x.pdf").startswith("bad_value: --out")
    nowhere = console.folder / "no" / "x.xlsx"
    assert "a folder you may write to" in console.refused("sheet", "fsma", "--out", nowhere)


def test_the_paper_of_a_shipment_is_in_it(console: Console) -> None:
    rows = console.ok("sheet", "fsma", "--lot", "P1", "--json").json["shipping"]

    assert (rows[0]["document_type"], rows[0]["document_number"]) == ("delivery note", "D-1042")


def test_what_shift_jis_lacks_is_refused_or_replaced_and_told(console: Console) -> None:
    file = console.folder / "h.csv"
    words = ("sheet", "fsma", "--table", "harvesting", "--encoding", "cp932", "--out", file)

    refused = console.refused(*words)
    said = console.ok(*words, "--replace")

    assert refused.startswith("not_in_cp932: row 2, column 'Commodity'")
    assert "1 cells have 〓 for what cp932 lacks:" in said.out
    assert "レタス〓" in file.read_text(encoding="cp932")


def test_a_paper_without_a_number_is_none(console: Console) -> None:
    said = console.refused("lot", "ship", "P1", "--to", "mart", "--document", "delivery note")

    assert "both a type and a number" in said


def test_jgap_and_jas_speak_japanese_unless_asked(console: Console) -> None:
    assert "収穫記録" in console.ok("sheet", "jgap").out
    assert "Harvest records" in console.ok("sheet", "jgap", "--language", "en").out
    record = console.ok("sheet", "jas0033", "--lot", "P1", "--step", "10min", "--json").json
    assert record["times"][-1]["to"] == "mart"


@pytest.mark.parametrize("step", ["10s", "2d", "often"])
def test_a_step_is_a_minute_to_a_day(console: Console, step: str) -> None:
    said = console.refused("sheet", "jas0033", "--lot", "P1", "--step", step)

    assert said.startswith("bad_value: --step")
