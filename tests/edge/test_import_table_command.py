"""`minori import products` and its kin: a template filled in, checked, taken in."""

import pytest

from tests.api.incoming import a_csv, a_workbook
from tests.edge.console import Console, new_console

GOOD = a_csv(("code", "crop", "net_content_g"), ("lowk-80", "lowk", 80))
BAD = a_csv(("code", "crop", "net_content_g"), ("a b", "nocrop", "heavy"), ("c", "nocrop", 80))


@pytest.fixture
def console(tmp_path) -> Console:
    console = new_console(tmp_path)
    console.ok("catalogue", "crop", "add", "lowk", "--largest-head", "250g")
    return console


def _file(console: Console, name: str, content: bytes) -> str:
    (console.folder / name).write_bytes(content)
    return str(console.folder / name)


def test_a_dry_run_writes_nothing_and_a_real_one_all(console: Console) -> None:
    file, before = _file(console, "p.csv", GOOD), console.records()

    dry = console.ok("import", "products", file, "--dry-run")
    assert console.records() == before
    done = console.ok("import", "products", file)
    again = console.ok("import", "products", file)

    assert dry.lines[-1] == "1 rows: 1 would be new, 0 would be changed, 0 already so, 0 wrong"
    assert done.lines[-1] == "1 rows: 1 new, 0 changed, 0 already so, 0 wrong"
    assert again.lines[-1] == "1 rows: 0 new, 0 changed, 1 already so, 0 wrong"


def test_a_dry_run_lists_every_problem_and_fails(console: Console) -> None:
    said = console.run("import", "products", _file(console, "p.csv", BAD), "--dry-run")

    assert said.code == 2
    assert [line.partition(":")[0] for line in said.lines] == ["row 2", "row 2", "row 3", "2 rows"]
    assert said.err.startswith("minori: import_refused: 3 problems in 2 rows")


def test_a_real_run_with_problems_is_one_sentence(console: Console) -> None:
    refused = console.refused("import", "products", _file(console, "p.csv", BAD))

    assert refused.endswith("a dry run lists every one")


def test_lots_come_in_by_the_template_without_a_map(console: Console) -> None:
    rows = (("コード", "作物コード", "播種日", "収穫日", "収穫重量 [g]"), ("OLD-1", "lowk", *_DAYS))

    console.ok("import", "lots", _file(console, "l.xlsx", a_workbook(*rows)))

    (cut,) = console.ok("lot", "list", "--all", "--json", "--stage", "harvested").json
    assert (cut["code"], cut["weight_g"]) == ("OLD-1-1", 4000)


_DAYS = ("R7.5.1", "2025-06-12", "4kg")


def test_a_template_is_a_file_or_heads_on_the_screen(console: Console) -> None:
    for name, start in (("t.xlsx", b"PK"), ("t.csv", b"\xef\xbb\xbf")):
        file = console.folder / name
        said = console.run_bare("import", "template", "places", "--out", file)
        assert (said.code, said.out) == (0, f"written to {file}\n")
        assert file.read_bytes().startswith(start)
    shown = console.run_bare("import", "template", "places", "--language", "en")
    assert shown.out == "Code*,Name,Name (Japanese),Kind of place\n"


def test_a_file_that_is_not_there_is_said(console: Console) -> None:
    assert console.refused("import", "products", "none.csv").startswith("table_invalid: none.csv")
