"""Every code that is printed, in every format, reads back to the same identity."""

from datetime import date

import pypdfium2
import pytest
import zxingcpp
from PIL import Image, ImageDraw

from api.barcodes import gs1_code, linear_codes, link_code
from api.errors import LabelRefused
from api.label_formats import escape_zpl, svg, zpl
from api.label_layout import TEMPLATES, Label, label_elements, lay_out
from api.label_sheets import STOCKS, pdf_sheet
from tests.api.scanning import as_sent, drawn_svg, drawn_zpl
from traceability.gs1 import BadElement, BadPairing, identify, lot_identity

GTIN = "04012345111118"
LINK = f"https://hub.example/01/{GTIN}/10/A%281%29%5F"
LINES = ["低カリウムレタス Low-potassium lettuce", "ロット Lot A(1)_", "内容量 Net 250 g"]
ELEMENTS = label_elements(
    lot_identity(GTIN, "A(1)_"), net_weight_g=250, harvested_on=date(2027, 1, 12)
)


def _label(name: str) -> Label:
    return lay_out(TEMPLATES[name], LINES, link=LINK, elements=ELEMENTS)


def test_a_lot_s_ais_say_weight_and_harvest() -> None:
    assert ELEMENTS == [
        ("01", GTIN),
        ("3103", "000250"),
        ("10", "A(1)_"),
        ("7007", "270112"),
    ]


@pytest.mark.parametrize("kind", ["gs1_datamatrix", "gs1_qr", "gs1_128"])
def test_a_barcode_of_ais_reads_back_as_gs1_data(kind: str) -> None:
    code = gs1_code([("01", GTIN), ("10", "A(1)_")], kind)
    (scan,) = zxingcpp.read_barcodes(_picture(code))

    assert identify(as_sent(scan)).canonical == f"https://id.gs1.org/01/{GTIN}/10/A%281%29_"


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_code_of_an_svg_label_reads_back(name: str) -> None:
    _assert_all_read(drawn_svg(svg(_label(name))), TEMPLATES[name])


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("dpi", [203, 300])
def test_every_code_of_a_thermal_label_reads_back(name: str, dpi: int) -> None:
    _assert_all_read(drawn_zpl(zpl(_label(name), dpi=dpi)), TEMPLATES[name])


@pytest.mark.parametrize(("name", "stock"), [("retail", "a4-12"), ("case", "a4-8")])
def test_every_code_of_a_sheet_reads_back(name: str, stock: str) -> None:
    sheet = pypdfium2.PdfDocument(pdf_sheet([_label(name)] * 3, STOCKS[stock], skip=1))
    picture = sheet[0].render(scale=5).to_pil()

    found = {_identity(scan) for scan in zxingcpp.read_barcodes(picture)}
    assert f"https://id.gs1.org/01/{GTIN}/10/A%281%29_" in found


def test_a_full_sheet_is_followed_by_the_next() -> None:
    labels = [_label("retail")] * 12

    assert len(pypdfium2.PdfDocument(pdf_sheet(labels, STOCKS["a4-12"]))) == 1
    assert len(pypdfium2.PdfDocument(pdf_sheet(labels, STOCKS["a4-12"], skip=1))) == 2


@pytest.mark.parametrize("name", STOCKS)
def test_label_stock_stays_on_its_sheet(name: str) -> None:
    stock = STOCKS[name]

    right = stock.left_mm + stock.across * stock.width_mm + (stock.across - 1) * stock.gap_x_mm
    bottom = stock.top_mm + stock.down * stock.height_mm + (stock.down - 1) * stock.gap_y_mm
    assert right <= 210
    assert bottom <= 297.001


def test_a_pallet_label_carries_its_sscc() -> None:
    pallet = identify("(00)340123450000000000")
    label = lay_out(TEMPLATES["pallet"], ["Pallet"], elements=label_elements(pallet))

    (scan,) = zxingcpp.read_barcodes(drawn_svg(svg(label)))
    assert identify(as_sent(scan)).canonical == pallet.canonical


def test_long_contents_go_into_several_barcodes_each_ai_whole() -> None:
    codes = linear_codes([("01", GTIN), ("10", "z" * 20), ("7007", "270112")], modules=400)

    texts = [code.text for code in codes]
    assert "".join(texts) == f"(01){GTIN}(10){'z' * 20}(7007)270112"
    assert len(codes) == 2
    assert all(code.width <= 400 for code in codes)


def test_a_wrong_check_digit_is_never_drawn() -> None:
    """zxing-cpp would draw it without a word."""
    with pytest.raises(BadElement):
        gs1_code([("01", "04012345111119"), ("10", "A")], "gs1_128")
    with pytest.raises(BadElement):
        link_code("https://hub.example/01/04012345111119/10/A")


def test_ais_that_may_not_meet_are_never_drawn_together() -> None:
    with pytest.raises(BadPairing):
        gs1_code([("10", "A")], "gs1_datamatrix")


def test_a_lot_without_gtin_has_no_barcode_of_ais() -> None:
    own = lot_identity("https://hub.example/items/lettuce", "A")

    with pytest.raises(LabelRefused, match="GTIN"):
        label_elements(own)


def test_what_does_not_fit_is_refused_before_it_is_printed() -> None:
    with pytest.raises(LabelRefused, match="mm"):
        lay_out(TEMPLATES["retail"], ["x"] * 30, link=LINK)
    with pytest.raises(LabelRefused, match="too small"):
        lay_out(TEMPLATES["retail"], ["x" * 200], link=LINK)


def test_words_cannot_start_a_printer_command() -> None:
    """A product called ^XZ would end the label and start whatever stands behind it."""
    label = lay_out(TEMPLATES["retail"], ["^XZ~JR _"], link=LINK)

    text = zpl(label).decode()
    assert "^FH^FD_5EXZ_7EJR _5F^FS" in text
    assert text.count("^XZ") == 1
    assert escape_zpl("レタス") == "レタス"


def _assert_all_read(picture: Image.Image, template) -> None:
    scans = zxingcpp.read_barcodes(picture)
    links = [scan.text for scan in scans if scan.symbology_identifier == "]Q1"]
    assert links == ([LINK] if template.link else [])
    squares = [scan for scan in scans if scan.symbology_identifier == "]d2"]
    assert len(squares) == template.datamatrix
    linear = [scan for scan in scans if scan.symbology_identifier == "]C1"]
    assert bool(linear) == template.linear
    # Several barcodes on one label are one message.
    read = dict(pair for scan in [*squares, *linear] for pair in identify(as_sent(scan)).elements)
    assert read == ({} if not (squares or linear) else dict(ELEMENTS))


def _identity(scan: zxingcpp.Barcode) -> str | None:
    return identify(as_sent(scan)).canonical


def _picture(code) -> Image.Image:
    side = 8 * code.width
    image = Image.new("L", (side, 400 if code.linear else side), 255)
    draw = ImageDraw.Draw(image)
    for x, y, length in code.runs():
        bottom = 399 if code.linear else 8 * y + 7
        draw.rectangle((8 * x, 8 * y, 8 * (x + length) - 1, bottom), fill=0)
    return image
