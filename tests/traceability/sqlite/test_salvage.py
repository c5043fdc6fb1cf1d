"""Around wrong pages exactly their own rows are lost: in any number, at any place."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.traceability.sqlite.damage import PAGE, overwrite, pages_of
from traceability.sqlite import outline
from traceability.sqlite.pages import Pages, _read
from traceability.sqlite.salvage import Hole, Row, layout_of, rows

# Kept by its key, as readings are, and by row number, as everything else is.
BY_KEY = "CREATE TABLE t (s INTEGER, at INTEGER, v REAL, PRIMARY KEY (s, at)) WITHOUT ROWID"
BY_NUMBER = "CREATE TABLE t (s INTEGER NOT NULL, at INTEGER NOT NULL, v REAL)"
BY_TEXT = "CREATE TABLE t (s TEXT, at INTEGER, v REAL, PRIMARY KEY (s, at)) WITHOUT ROWID"


def filled(file: Path, sql: str, *, words: bool = False) -> set[Row]:
    with closing(sqlite3.connect(file)) as direct:
        direct.execute(sql)
        made = [
            (f"key-{s}" if words else s, 1_780_000_000_000 + 10_000 * n, n / 7)
            for s in range(1, 6)
            for n in range(1500)
        ]
        direct.executemany("INSERT INTO t VALUES (?, ?, ?)", made)
        direct.commit()
        outline._write(outline.outline_of(file), outline.taken(direct))
    return set(made)


def salvaged(file: Path) -> tuple[set[Row], list[Hole]]:
    holes: list[Hole] = []
    with closing(sqlite3.connect(file)) as direct:
        found = list(rows(direct, layout_of(direct, "t"), holes))
    assert len(found) == len(set(found))
    return {*found, *pages(file).own("t")}, holes


def pages(file: Path) -> Pages:
    known = outline.read(file)
    assert known is not None
    return Pages(file, known)


def on_pages(file: Path, numbers: list[int]) -> set[Row]:
    alone, data = pages(file)._alone("t"), file.read_bytes()
    return {
        row
        for number in numbers
        for row in _read("t", alone, data[(number - 1) * PAGE : number * PAGE])[0]
    }


@pytest.mark.parametrize("sql", [BY_KEY, BY_NUMBER], ids=["by key", "by number"])
@pytest.mark.parametrize("seed", range(6))
def test_only_the_rows_of_the_wrong_pages_are_lost(tmp_path: Path, sql: str, seed: int) -> None:
    file = tmp_path / "t.db"
    before = filled(file, sql)
    leaves = [page for page in pages_of(file, "t")[1:] if on_pages(file, [page])]
    chance = random.Random(seed)
    start = chance.randrange(len(leaves))
    run = leaves[start : start + chance.randint(1, 6)]
    wrong = sorted({*run, *chance.sample(leaves, chance.randint(0, 4)), leaves[-seed % 2 or 0]})
    gone = on_pages(file, wrong)
    overwrite(file, wrong)

    after, holes = salvaged(file)

    assert before - after == gone
    assert after <= before
    assert 1 <= len(holes) <= len(wrong)


def test_keys_of_text_are_read_from_both_ends(tmp_path: Path) -> None:
    """No steps can be taken among words; what lies between the outermost wrong pages is lost."""
    file = tmp_path / "t.db"
    before = filled(file, BY_TEXT, words=True)
    leaves = pages_of(file, "t")[1:]
    overwrite(file, leaves[len(leaves) // 2 :][:2])

    after, (hole,) = salvaged(file)

    assert after < before
    assert 0 < len(before - after) < 600
    assert hole.after is not None
    assert hole.before is not None


def test_a_whole_table_has_no_holes(tmp_path: Path) -> None:
    before = filled(tmp_path / "t.db", BY_KEY)

    assert salvaged(tmp_path / "t.db") == (before, [])
