"""A printed code leads to its lot: what a scanner reads back is what was meant."""

import io
import re
from datetime import date
from xml.etree import ElementTree as ET

import pytest
import zxingcpp
from PIL import Image, ImageDraw

from api.labels import LabelFacts, qr_label
from traceability.gs1 import BadElement, DigitalLink, identify, lot_identity

HUB = "https://hub.example"
LOTS = ["20270112-A", "A/1", "100%!(x)'*", '"<&>"', "z" * 20]
FACTS = LabelFacts(
    product_en="Low-potassium lettuce",
    product_ja="低カリウムレタス",
    lot='A<&>"1',
    harvested_on=date(2027, 1, 12),
    net_content="80 g",
    origin="福島県会津若松市",
)


@pytest.mark.parametrize("lot", LOTS)
def test_a_printed_png_reads_back_to_the_same_lot(lot: str) -> None:
    link = _link(lot)

    image = Image.open(io.BytesIO(qr_label(link, kind="png")))

    assert _scan(image) == link
    assert identify(link).lot == lot


@pytest.mark.parametrize("lot", LOTS)
def test_a_printed_svg_reads_back_to_the_same_lot(lot: str) -> None:
    link = _link(lot)

    assert _scan(_drawn(qr_label(link, FACTS.lines(), kind="svg"))) == link


def test_a_label_says_in_words_what_the_code_cannot() -> None:
    svg = qr_label(_link("A"), FACTS.lines(), kind="svg")

    words = [text.text for text in ET.fromstring(svg).findall(".//{*}text")]
    assert words == [
        "低カリウムレタス / Low-potassium lettuce",
        'ロット Lot A<&>"1',
        "収穫日 Harvested 2027-01-12",
        "内容量 Net 80 g",
        "原産地 Origin 福島県会津若松市",
    ]


def test_a_wrong_check_digit_never_reaches_paper() -> None:
    with pytest.raises(BadElement, match="check digit"):
        qr_label("https://hub.example/01/04012345111119/10/A", kind="png")


def test_a_lot_of_a_farm_without_gs1_prefix_keeps_its_own_address() -> None:
    link = lot_identity("https://hub.example/items/lettuce", "A/1").canonical

    assert _scan(Image.open(io.BytesIO(qr_label(link, kind="png")))) == link


def _link(lot: str) -> str:
    return DigitalLink.build([("01", "04012345111118"), ("10", lot)], stem=HUB).uri


def _scan(image: Image.Image) -> str:
    (found,) = zxingcpp.read_barcodes(image.convert("L"))
    return found.text


def _drawn(svg: bytes) -> Image.Image:
    """Paint the code of an SVG as a printer would, 8 dots a module, from its path alone."""
    (path,) = ET.fromstring(svg).findall(".//{*}path")
    runs = [
        tuple(map(int, run)) for run in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", path.attrib["d"])
    ]
    side = 8 * (max(x + length for x, _, length in runs) + 4)
    image = Image.new("L", (side, side), 255)
    draw = ImageDraw.Draw(image)
    for x, y, length in runs:
        draw.rectangle((8 * x, 8 * y, 8 * (x + length) - 1, 8 * y + 7), fill=0)
    return image
