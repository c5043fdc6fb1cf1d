"""`minori unit label`: what is printed reads back to the case, on the stock that fits it."""

import io
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from tests.edge.console import Console

SSCC = "049123450000000019"


@pytest.fixture
def farm(console: Console, monkeypatch: pytest.MonkeyPatch) -> Console:
    """A farm with a GS1 prefix and a case of nine packs, its folder as the one we stand in."""
    monkeypatch.chdir(console.folder)
    text = console.config.read_text(encoding="utf-8")
    console.config.write_text(
        text.replace("[site]", '[site]\ngs1_prefix = "4912345"'), encoding="utf-8"
    )
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
    console.ok("unit", "pack", "case", "P/1=9pcs", "--at", "2026-07-14T10:00")
    return console


def test_a_png_reads_back_to_the_case(farm: Console) -> None:
    said = farm.ok("unit", "label", SSCC, "--out", "case.png")

    assert said.out == f"case.png written; its code leads to https://trace.example/00/{SSCC}\n"
    image = Image.open(io.BytesIO(Path("case.png").read_bytes()))
    assert [c.text for c in zxingcpp.read_barcodes(image)] == [f"https://trace.example/00/{SSCC}"]


def test_a_sheet_of_labels_takes_the_stock_that_fits(farm: Console) -> None:
    farm.ok("unit", "label", SSCC, "--out", "case.pdf", "--copies", "2")

    picture = pypdfium2.PdfDocument("case.pdf")[0].render(scale=5).to_pil()
    links = [c.text for c in zxingcpp.read_barcodes(picture) if "http" in c.text]
    assert links == [f"https://trace.example/00/{SSCC}"] * 2


def test_thermal_printers_get_as_many_as_asked_for(farm: Console) -> None:
    farm.ok("unit", "label", SSCC, "--out", "case.zpl", "--copies", "3")

    text = Path("case.zpl").read_text(encoding="utf-8")
    assert f"(00){SSCC}" in text
    assert "^PQ3^XZ" in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nix",), "case or pallet"),
        ((SSCC, "--format", "gif"), "--format"),
        ((SSCC, "--out", "no/such/x.svg"), "--out"),
        ((SSCC, "--template", "pallet", "--stock", "a4-8", "--format", "pdf"), "larger"),
    ],
)
def test_what_cannot_be_printed_is_refused(
    farm: Console, words: tuple[str, ...], said: str
) -> None:
    assert said in farm.refused("unit", "label", *words)
