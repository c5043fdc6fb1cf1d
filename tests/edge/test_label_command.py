"""`minori label`: what is printed reads back to the lot, and nothing is printed that could not."""

import io
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from api import label_layout, label_sheets
from edge.commands import label
from tests.edge.console import Console

LINK = "https://trace.example/01/04912345678904/10/P%2F1"


@pytest.fixture
def farm(console: Console, monkeypatch: pytest.MonkeyPatch) -> Console:
    """A farm with a packed lot `P/1`, and its folder as the one we stand in."""
    monkeypatch.chdir(console.folder)
    console.ok(
        *("lot", "sow", "L1", "--crop", "lowk", "--zone", "A", "--pieces", "9"),
        *("--at", "2026-06-01"),
    )
    console.ok(
        *("lot", "harvest", "L1", "--pieces", "9", "--weight", "900g", "--zone", "P"),
        *("--at", "2026-07-13T07:00"),
    )
    console.ok(
        *("lot", "pack", "L1-1", "--item", "lowk-80", "--packs", "9", "--code", "P/1"),
        *("--zone", "P", "--at", "2026-07-14T09:00"),
    )
    return console


def test_the_printed_code_reads_back_to_the_link(farm: Console) -> None:
    said = farm.ok("label", "P/1", "--out", "label.png")

    assert said.out == f"label.png written; its code leads to {LINK}\n"
    image = Image.open(io.BytesIO((farm.folder / "label.png").read_bytes()))
    assert [code.text for code in zxingcpp.read_barcodes(image)] == [LINK]


def test_words_say_product_days_and_origin_in_both_languages(farm: Console) -> None:
    farm.ok("label", "P/1")

    svg = (farm.folder / "P%2F1.svg").read_text(encoding="utf-8")

    for words in (
        "低カリウムレタス 80g / Low-K 80 g",
        "2026-07-13",
        "2026-07-14",
        "80 g",
        "福島県",
    ):
        assert words in svg


def test_a_lot_without_gtin_gets_an_address_of_the_farm(farm: Console) -> None:
    said = farm.ok("label", "L1-1", "--format", "png", "--json").json

    assert said["link"] == "https://trace.example/crops/lowk/10/L1-1"
    assert Path(farm.folder / said["file"]).exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nix",), "unknown_lot"),
        (("P/1", "--format", "gif"), "--format: expected one of svg, png, pdf, zpl"),
        (("P/1", "--out", "no/such/folder/x.svg"), "--out: expected a file in a folder"),
    ],
)
def test_what_cannot_be_written_is_refused(
    farm: Console, words: tuple[str, ...], said: str
) -> None:
    files = sorted(farm.folder.iterdir())

    assert said in farm.refused("label", *words)
    assert sorted(farm.folder.iterdir()) == files


def test_nothing_is_printed_without_a_public_address(farm: Console) -> None:
    text = farm.config.read_text(encoding="utf-8").replace("https://trace.example", "")
    farm.config.write_text(text, encoding="utf-8")

    assert farm.refused("label", "P/1").startswith("public_url_not_set")
    assert not list(farm.folder.glob("*.svg"))


def test_an_own_address_that_is_not_https_is_refused_in_plain_words(farm: Console) -> None:
    """The demo serves http: a lot with a GTIN is printed there, one without cannot be."""
    text = farm.config.read_text(encoding="utf-8").replace("https://trace", "http://trace")
    farm.config.write_text(text, encoding="utf-8")

    said = farm.refused("label", "L1-1")

    assert said.startswith("public_url_not_https")
    assert "http://trace.example/crops/lowk/10/L1-1" in said
    farm.ok("label", "P/1")


def test_a_case_label_for_a_thermal_printer_says_every_ai(farm: Console) -> None:
    farm.ok("label", "P/1", "--template", "case", "--out", "case.zpl", "--copies", "3")

    text = (farm.folder / "case.zpl").read_text(encoding="utf-8")
    assert "(01)04912345678904" in text
    assert "(10)P/1" in text
    assert "^PQ3^XZ" in text


def test_a_sheet_of_labels_reads_back_to_the_link(farm: Console) -> None:
    farm.ok("label", "P/1", "--out", "sheet.pdf", "--copies", "2", "--skip", "3")

    page = pypdfium2.PdfDocument(farm.folder / "sheet.pdf")[0].render(scale=4).to_pil()
    assert [code.text for code in zxingcpp.read_barcodes(page)] == [LINK, LINK]


def test_what_a_format_cannot_carry_is_refused(farm: Console) -> None:
    assert "png" in farm.refused("label", "P/1", "--template", "case", "--format", "png")
    assert "larger" in farm.refused("label", "P/1", "--template", "case", "--out", "case.pdf")


def test_the_command_knows_every_template_and_stock() -> None:
    assert set(label.TEMPLATES) == set(label_layout.TEMPLATES)
    assert set(label.STOCKS) == set(label_sheets.STOCKS)
