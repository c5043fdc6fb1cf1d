"""A table is taken in whole or not at all; every problem is named by its row, with the cure."""

import io
import zipfile
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import col, func, select

from api.errors import FileUnreadable
from api.i18n import Reader
from api.incoming import KINDS, Outcome, take_in, template
from api.incoming.columns import columns
from api.incoming.parsing import day
from api.incoming.spreadsheet import MOST_ROWS, read
from api.incoming.taking import kept
from api.incoming.writing import Sender
from api.sheetfile import Form
from tests.api.incoming import a_csv, a_workbook
from tests.world import World
from traceability import database
from traceability.models import Act, Crop, Lot, Organisation, Party, Site, TradeItem, Zone

HEADS = ("code", "name", "crop", "gtin", "net_content_g")
GOOD = ("lowk-100", "Low-K 100 g", "lowk", "4912345678911", 100)


def _sent(
    engine: Engine,
    world: World,
    kind: str,
    content: bytes,
    *,
    dry_run: bool = False,
    language: str = "en",
) -> Outcome:
    with database.writing_session(engine) as session:
        owner = session.get_one(Organisation, world.farm.organisation.id)
        site = session.get_one(Site, world.farm.site.id)
        sender = Sender(session, owner, site, "Sato", Reader.of(language))
        return kept(session, take_in(sender, kind, content), dry_run=dry_run)


def _all(engine: Engine, query: Any) -> list[Any]:
    with database.reading_session(engine) as session:
        return list(session.exec(query).all())


def _items(engine: Engine) -> list[str]:
    return _all(engine, select(TradeItem.code).order_by(col(TradeItem.code)))


@pytest.mark.parametrize(
    "content",
    [
        a_csv(HEADS, GOOD),
        a_csv(HEADS, GOOD, encoding="utf-8-sig"),
        a_csv(HEADS, GOOD, encoding="utf-16"),
        a_csv(HEADS, GOOD).replace(b",", b";"),
        a_csv(HEADS, GOOD).replace(b",", b"\t"),
        a_workbook(HEADS, GOOD),
        a_workbook(HEADS, (*GOOD[:3], 4912345678911, "0.1 kg")),
    ],
)
def test_a_product_comes_in_however_it_was_saved(
    engine: Engine, world: World, content: bytes
) -> None:
    done = _sent(engine, world, "products", content)

    assert (done.problems, done.is_kept, len(done.new)) == ([], True, 1)
    (item,) = _all(engine, select(TradeItem).where(TradeItem.code == "lowk-100"))
    assert (item.gtin, item.net_content_g) == ("04912345678911", 100)


@pytest.mark.parametrize("encoding", ["cp932", "utf-8"])
def test_japanese_heads_and_words_are_read_in_any_encoding(
    engine: Engine, world: World, encoding: str
) -> None:
    """What Excel in Japan saves as CSV is Shift_JIS; nobody should have to know."""
    content = a_csv(
        ("コード*", "名前", "役割", "ロットコードを付ける", "住所"),
        ("yao", "八百屋㈱", "仕入先", "いいえ", "東京都中央区１－２－３"),
        encoding=encoding,
    )

    done = _sent(engine, world, "partners", content, language="ja")

    assert done.problems == []
    (party,) = _all(engine, select(Party).where(Party.code == "yao"))
    assert (party.name, party.role, party.gives_lot_codes) == ("八百屋㈱", "supplier", False)


def test_every_problem_is_listed_by_row_and_column(engine: Engine, world: World) -> None:
    """One upload, one list: not the first problem of each try."""
    content = a_csv(
        HEADS,
        ("a b", "x", "lowk", "4912345678912", "heavy"),
        (),
        ("ok", "x", "nocrop", "", "80"),
        ("short", "x", "lowk", "4.91E+12", "80"),
        ("", "x", "lowk", "", "80"),
        ("short", "again", "lowk", "", "80"),
        ("bare", "x", "lowk", "", ""),
    )

    done = _sent(engine, world, "products", content)

    assert [(one.row, one.column) for one in done.problems] == [
        (2, "Code"),
        (2, "GTIN"),
        (2, "Net content [g]"),
        (4, "Crop code"),
        (5, "GTIN"),
        (6, "Code"),
        (7, ""),
        (8, "Net content [g]"),
    ]
    said = [one.problem for one in done.problems]
    assert "its check digit is 1" in said[1]
    assert "known are: basil, lowk" in said[3]
    assert "make the column text" in said[4]
    assert said[6] == "short stands in row 5, too; delete one of them"


def test_one_wrong_row_keeps_all_of_them_out(engine: Engine, world: World) -> None:
    before = _items(engine)

    done = _sent(engine, world, "products", a_csv(HEADS, GOOD, ("x", "x", "nocrop", "", 80)))

    assert (done.is_kept, len(done.problems)) == (False, 1)
    assert _items(engine) == before


def test_a_dry_run_says_the_same_and_keeps_nothing(engine: Engine, world: World) -> None:
    before = _items(engine)

    dry = _sent(engine, world, "products", a_csv(HEADS, GOOD), dry_run=True)

    assert (len(dry.new), dry.problems, dry.is_kept) == (1, [], False)
    assert _items(engine) == before


def test_again_changes_nothing(engine: Engine, world: World) -> None:
    content = a_csv(HEADS, GOOD)
    _sent(engine, world, "products", content)

    again = _sent(engine, world, "products", content)

    assert (again.changes, again.same, again.is_kept) == ([], 1, True)


def test_an_empty_cell_leaves_what_is_there_and_a_change_is_named(
    engine: Engine, world: World
) -> None:
    rows = (("code", "name", "phone"), ("mart", "", "+81-3-1234"))

    done = _sent(engine, world, "partners", a_csv(*rows))

    (change,) = done.changed
    assert change.cells == {"phone": ("", "+81-3-1234")}
    assert _all(engine, select(Party.name).where(Party.code == "mart")) == ["Mart"]


def test_what_the_catalogue_refuses_is_a_problem_of_its_row(engine: Engine, world: World) -> None:
    """A GTIN that packs carry already, and a storage range upside down."""
    content = a_csv(
        (*HEADS, "storage_low_c", "storage_high_c"),
        ("other", "x", "lowk", world.gtin, 80, "", ""),
        ("warm", "x", "lowk", "", 80, 9, 2),
    )

    done = _sent(engine, world, "products", content)

    assert [(one.row, one.column) for one in done.problems] == [(2, "GTIN"), (3, "")]
    assert "lowk-80" in done.problems[0].problem


def test_places_and_crops_come_in(engine: Engine, world: World) -> None:
    _sent(engine, world, "places", a_csv(("code", "kind"), ("C2", "冷蔵庫"), ("T", "Tank")))
    _sent(engine, world, "crops", a_csv(("code", "largest_head_g"), ("kale", "0.3kg")))

    kinds = dict(_all(engine, select(Zone.code, Zone.kind)))
    assert (kinds["C2"], kinds["T"]) == ("cold_store", "tank")
    assert _all(engine, select(Crop.largest_head_g).where(Crop.code == "kale")) == [300]


LOT = ("code", "crop", "zone", "sown_on", "harvested_on", "planted_pieces", "harvested_weight_g")


def test_lots_become_acts_once(engine: Engine, world: World) -> None:
    content = a_workbook(LOT, ("OLD-1", "lowk", "A", "令和8年5月1日", "2026/06/12", 50, "4kg"))

    done = _sent(engine, world, "lots", content)
    acts = _all(engine, select(func.count(col(Act.id))))
    again = _sent(engine, world, "lots", content)

    assert (done.problems, len(done.new), again.same) == ([], 1, 1)
    assert _all(engine, select(func.count(col(Act.id)))) == acts
    (cut,) = _all(engine, select(Lot).where(Lot.code == "OLD-1-1"))
    assert (cut.weight_g, cut.opened_at.date()) == (4000, date(2026, 6, 11))


def test_a_lot_that_says_something_else_now_is_refused(engine: Engine, world: World) -> None:
    """Acts are never edited, by a spreadsheet neither."""
    rows = [("OLD-1", "lowk", "A", "2026-05-01", "2026-06-12", 50, grams) for grams in (4000, 4100)]
    _sent(engine, world, "lots", a_csv(LOT, rows[0]))

    done = _sent(engine, world, "lots", a_csv(LOT, rows[1]))

    assert "never changed: void it" in done.problems[0].problem


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2026-11-23", date(2026, 11, 23)),
        ("2026/11/3", date(2026, 11, 3)),
        ("２０２６年１１月２３日", date(2026, 11, 23)),
        ("令和8年11月23日", date(2026, 11, 23)),
        ("R8.11.23", date(2026, 11, 23)),
        ("令和元年5月1日", date(2019, 5, 1)),
        ("H31.4.30", date(2019, 4, 30)),
        (46349, date(2026, 11, 23)),
        (datetime(2026, 11, 23, 9), date(2026, 11, 23)),
    ],
)
def test_a_day_is_read_as_people_and_programs_write_it(cell: object, expected: date) -> None:
    assert day(cell) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize("cell", ["46349", "23.11.2026", "2026-02-30", "R8", -5, 1e9, "tomorrow"])
def test_a_day_that_is_none_is_never_guessed(engine: Engine, world: World, cell: object) -> None:
    content = a_workbook(("code", "crop", "sown_on"), ("OLD-1", "lowk", cell))

    done = _sent(engine, world, "lots", content)

    assert [(one.row, one.column) for one in done.problems] == [(2, "Sown on")]


def test_merged_cells_are_not_guessed_at(engine: Engine, world: World) -> None:
    """Below a merged cell a spreadsheet holds nothing: the reader would take it for a blank."""
    content = a_workbook(
        HEADS,
        GOOD,
        ("b", "x", "lowk", "", 80),
        ("c", "x", "lowk", "", 80),
        spoil=lambda _book, page: page.merge_range(2, 2, 3, 2, "lowk"),
    )

    done = _sent(engine, world, "products", content)

    assert [one.row for one in done.problems] == [3, 4]
    assert "take them apart" in done.problems[0].problem


def test_a_formula_counts_as_its_value_and_our_own_quote_goes(engine: Engine, world: World) -> None:
    book = a_workbook(
        ("code", "name"),
        ("f",),
        spoil=lambda _book, page: page.write_formula(1, 1, '="A"&"B"', None, "AB"),
    )

    _sent(engine, world, "partners", book)
    _sent(engine, world, "partners", a_csv(("code", "name"), ("g", "'=1+1"), ("h", "'tis")))

    names = dict(_all(engine, select(Party.code, Party.name)))
    assert (names["f"], names["g"], names["h"]) == ("AB", "=1+1", "'tis")


def test_rows_are_counted_as_the_spreadsheet_counts_them(engine: Engine, world: World) -> None:
    content = a_workbook((), (), ("code", "role"), ("a", "partner"), (), ("b", "nobody"))

    done = _sent(engine, world, "partners", content)

    assert (done.rows, [one.row for one in done.problems]) == (2, [6])


@pytest.mark.parametrize(
    ("heads", "said"),
    [
        (("code", "naem"), "no column is called naem"),
        (("code", "Name", "名前"), "名前 stands there twice"),
        (("name",), "the column Code is missing"),
    ],
)
def test_heads_that_cannot_be_are_said_before_any_row(
    engine: Engine, world: World, heads: tuple[str, ...], said: str
) -> None:
    done = _sent(engine, world, "partners", a_csv(heads, ("a", "b", "c")[: len(heads)]))

    assert [(one.row, said in one.problem) for one in done.problems] == [(1, True)]


def _far(_book: Any, page: Any) -> None:
    page.write(1_048_575, 16_383, "x")


def _bomb() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "")
        archive.writestr("xl/worksheets/sheet1.xml", bytes(201_000_000))
    return target.getvalue()


def _zip() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("photo.jpg", "x")
    return target.getvalue()


HOSTILE = {
    "nothing": b"",
    "blank": b"\n,,\n",
    "old Excel": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    "broken workbook": b"PK\x03\x04" + bytes(100),
    "cut workbook": a_workbook(HEADS, GOOD)[:-200],
    "picture": b"\x89PNG\r\n\x1a\n\x00\x00\x00\xff\xfe\xfd",
    "neither encoding": b"code,name\na,\x81\xff\xff\n",
    "open quote": b'code,name\na,"never ends\n',
    "wide": ",".join(["x"] * 1000).encode(),
    "a cell in the last corner": a_workbook(HEADS, GOOD, spoil=_far),
    "a bomb": _bomb(),
    "another zip": _zip(),
    "too many rows": a_csv(("code",), *((f"c{i}",) for i in range(100_000))),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_table_is_refused_in_one_sentence(name: str) -> None:
    with pytest.raises(FileUnreadable, match="the file cannot be read: ") as refused:
        read(HOSTILE[name])

    assert len(str(refused.value)) < 200


def test_as_many_rows_as_are_taken_at_once(engine: Engine, world: World) -> None:
    """The limit itself must fit, and every one of its problems be listed."""
    content = a_csv(("code", "role"), *((f"c{i}", "nobody") for i in range(MOST_ROWS)))

    done = _sent(engine, world, "partners", content, dry_run=True)

    assert len(done.problems) == MOST_ROWS


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("form", [Form("xlsx"), Form("csv"), Form("csv", encoding="cp932")])
def test_a_template_comes_back_as_it_went_out(
    engine: Engine, world: World, kind: str, language: str, form: Form
) -> None:
    """Whoever fills in our own table must find every column known."""
    made = template(Reader.of(language), kind, form)

    table = read(made.content)
    done = _sent(engine, world, kind, made.content, language=language)

    assert len(table.header.cells) == len(columns(Reader.of(language), kind))
    assert (done.problems, done.rows) == ([], 0)
