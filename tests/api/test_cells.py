"""What people type goes into other people's spreadsheets: nothing of it may run there."""

import csv
import io
import zipfile

import pytest
import python_calamine

from api import cells, sheetfile
from api.errors import NotInCp932
from api.sheetfile import Form
from api.sheets import Blank, Sheet

HOSTILE = [
    "=1+1",
    '=HYPERLINK("http://evil.example","x")',
    "+81-3-1234-5678",
    "-x",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    "−1+1",
]
HARMLESS = ["P-1", "", "低カリウムレタス", "a=1", "-5", "+3.2", "'tis"]


def _table(*values: object) -> Sheet:
    return Sheet("T", ["what"], [[value] for value in values], "t", ["what"])


def _csv(form: Form, *values: object) -> list[str]:
    file = sheetfile.made([_table(*values)], form)
    text = file.content.decode("utf-8-sig" if form.encoding == "utf-8" else "cp932")
    return [row[0] if row else "" for row in csv.reader(io.StringIO(text, newline=""))][1:]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_formula_is_text_in_csv(text: str) -> None:
    (said,) = _csv(Form("csv"), text)

    assert said == f"'{text}"
    assert cells.unquoted(said) == text


@pytest.mark.parametrize("text", HOSTILE)
def test_a_formula_is_text_in_a_workbook(text: str) -> None:
    """Excel's own mark for text is on the cell, so that editing it does not make it run."""
    content = sheetfile.made([_table(text)], Form("xlsx")).content

    book = python_calamine.load_workbook(io.BytesIO(content))
    assert book.get_sheet_by_index(0).to_python()[1][0].strip() == text.strip()
    assert b"<f>" not in _part(content, "xl/worksheets/sheet1.xml")
    assert b'quotePrefix="1"' in _part(content, "xl/styles.xml")


@pytest.mark.parametrize("text", HARMLESS)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert cells.safe(text) == text
    assert cells.unquoted(text) == text


def test_numbers_stay_numbers() -> None:
    """A negative stock difference must add up in the auditor's sheet."""
    content = sheetfile.made([_table(-5, 3.25)], Form("xlsx")).content

    rows = python_calamine.load_workbook(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert [row[0] for row in rows[1:]] == [-5, 3.25]
    assert _csv(Form("csv"), -5, 3.25) == ["-5", "3.25"]


def test_a_text_longer_than_a_cell_is_cut_in_sight() -> None:
    """XlsxWriter leaves such a cell empty without a word."""
    content = sheetfile.made([_table("x" * 40_000)], Form("xlsx")).content

    rows = python_calamine.load_workbook(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert str(rows[1][0]).endswith("x…")


def test_what_is_missing_is_empty_and_seen() -> None:
    content = sheetfile.made([_table(Blank.MISSING)], Form("xlsx")).content

    assert b"FFF2B3" in _part(content, "xl/styles.xml")
    assert _csv(Form("csv"), Blank.MISSING, "x") == ["", "x"]
    assert sheetfile.made([_table(Blank.MISSING)], Form("json")).content == (
        b'{\n  "t": [\n    {\n      "what": null\n    }\n  ]\n}'
    )


@pytest.mark.parametrize("text", ["低カリウム①㎏髙～－", "ｶﾅ 「」、。", "¥100", "1〜2", "A–B"])
def test_shift_jis_holds_what_japanese_programs_write(text: str) -> None:
    """Python's shift_jis lacks ①㎏髙; Windows' own (CP932) has them, and twins of the rest."""
    (said,) = _csv(Form("csv", encoding="cp932"), text)

    twins = {"¥": "￥", "〜": "～", "–": "‐"}
    assert said == "".join(twins.get(char, char) for char in text)


def test_what_shift_jis_lacks_is_refused_by_row_and_column() -> None:
    with pytest.raises(NotInCp932, match=r"row 3, column 'what'.* 🥬 \(U\+1F96C\), and 1 more"):
        _csv(Form("csv", encoding="cp932"), "ok", "leaf 🥬", "한")


def test_or_replaced_in_sight_and_told() -> None:
    form = Form("csv", encoding="cp932", replace=True)

    file = sheetfile.made([_table("ok", "leaf 🥬")], form)

    assert "leaf 〓" in file.content.decode("cp932")
    assert [(one.row, one.column, one.characters) for one in file.replaced] == [(3, "what", "🥬")]


def _part(content: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name)
