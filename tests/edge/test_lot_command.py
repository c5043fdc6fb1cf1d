"""`minori lot` and `minori trace`, through the real console command and a real database."""

import uuid
from pathlib import Path

import pytest

from tests.edge.console import Console, new_console

SOW = ("lot", "sow", "L1", "--crop", "lowk", "--zone", "A", "--pieces", "100")
HARVEST = ("lot", "harvest", "L1", "--pieces", "100", "--weight", "9kg", "--zone", "P")
PACK = ("lot", "pack", "L1-1", "--item", "lowk-80", "--packs", "100", "--code", "P/1")
SHIP = ("lot", "ship", "P/1", "--to", "mart", "--amount", "40pcs")


def grown(console: Console) -> None:
    console.ok(*SOW, "--at", "2026-06-01T09:00")


def packed(console: Console) -> None:
    grown(console)
    console.ok(*HARVEST, "--final", "--at", "2026-07-13T09:00")
    console.ok(*PACK, "--zone", "P", "--at", "2026-07-13T10:00")


def test_a_lot_goes_from_seed_to_shop(console: Console) -> None:
    packed(console)

    said = console.ok(*SHIP, "--at", "2026-07-14T08:00", "--by", "佐藤")

    assert said.lines[0] == "ship recorded: 2026-07-14 08:00 JST, by 佐藤"
    assert said.lines[2].split("  ")[1:] == ["P/1", "packed", "60 pcs, 4800 g", "in P (Packing)"]


def test_trace_tells_both_ways_with_amounts(console: Console) -> None:
    packed(console)
    console.ok(*SHIP, "--at", "2026-07-14T08:00")

    back_and_forth = console.ok("trace", "P/1").out

    assert "└─ L1-1  8000 g  pack 2026-07-13 10:00" in back_and_forth
    assert "   └─ L1  100 pcs, 9000 g  harvest 2026-07-13 09:00" in back_and_forth
    assert "└─ => Mart  40 pcs, 3200 g  ship 2026-07-14 08:00" in back_and_forth


def test_a_lot_reached_by_two_ways_is_told_once(console: Console) -> None:
    grown(console)
    console.ok("lot", "split", "L1", "A=60pcs", "B=40pcs", "--at", "2026-06-02T09:00")
    console.ok("lot", "merge", "A", "B", "--code", "M", "--at", "2026-06-03T09:00")
    console.ok(
        *("lot", "harvest", "M", "--pieces", "100", "--weight", "9kg", "--zone", "P"),
        *("--at", "2026-07-01T09:00"),
    )

    forward = console.ok("trace", "L1").out.partition("Went to")[2]

    assert forward.count("M-1  100 pcs") == 1
    assert forward.count("(see above)") == 1


@pytest.mark.parametrize(
    "name",
    [
        "P/1",
        "https://trace.example/01/04912345678904/10/P%2F1",
        "(01)04912345678904(10)P/1",
        "]d2010491234567890410P/1",
    ],
)
def test_a_lot_answers_to_its_code_its_link_and_its_scan(console: Console, name: str) -> None:
    packed(console)

    assert console.ok("lot", "show", name, "--json").json["lot"]["code"] == "P/1"


def test_an_ambiguous_code_lists_the_lots_it_may_mean(console: Console) -> None:
    grown(console)
    console.ok("catalogue", "crop", "add", "basil", "--largest-head", "80g")
    console.ok("lot", "sow", "L1", "--crop", "basil", "--zone", "A", "--pieces", "5")

    refusal = console.refused("lot", "show", "L1")

    assert refusal.startswith("ambiguous_lot: 2 lots answer to 'L1'")
    assert "crop lowk lot L1" in refusal
    assert "crop basil lot L1" in refusal


def test_saying_an_act_twice_with_its_id_records_it_once(console: Console) -> None:
    """An offline phone's queue, or a nervous hand on the up arrow."""
    act = (*SOW, "--at", "2026-06-01T09:00", "--id", str(uuid.uuid4()))
    console.ok(*act)
    before = console.records()

    again = console.ok(*act)

    assert "was recorded before, nothing was added" in again.out
    assert console.records() == before


def test_packing_all_of_a_lot_twice_with_its_id_is_a_repeat(console: Console) -> None:
    """`all of it` must mean the same when the lot is already empty."""
    grown(console)
    console.ok(*HARVEST, "--final", "--at", "2026-07-13T09:00")
    act = (*PACK, "--zone", "P", "--at", "2026-07-13T10:00", "--id", str(uuid.uuid4()))
    console.ok(*act)

    assert "was recorded before" in console.ok(*act).out


def test_a_voided_act_no_longer_counts(console: Console) -> None:
    packed(console)
    sent = console.ok(*SHIP, "--at", "2026-07-14T08:00", "--json").json["act"]["id"]

    console.ok("lot", "void", sent, "--at", "2026-07-14T09:00")

    assert console.ok("lot", "show", "P/1", "--json").json["lot"]["pieces"] == 100
    assert "ship (void)" in console.ok("lot", "show", "P/1").out


def test_japanese_names_line_up(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    packed(console)

    header, first, *_ = console.ok("catalogue", "item", "list").lines
    listed = console.ok("lot", "list", "--all").lines

    assert listed[1].endswith("低カリウムレタス 80g")
    assert first.index("04912345678904") == header.index("gtin")


def test_seed_is_received_and_traced_into_the_lot_sown_from_it(console: Console) -> None:
    console.ok("catalogue", "partner", "add", "seedco", "--role", "supplier")
    console.ok(
        *("lot", "receive", "S-9", "--crop", "lowk", "--from", "seedco", "--zone", "P"),
        *("--amount", "5000pcs", "--at", "2026-05-01"),
    )
    console.ok(*SOW, "--seed", "S-9=120pcs", "--at", "2026-06-01T09:00")

    assert "└─ S-9  120 pcs  sow 2026-06-01 09:00" in console.ok("trace", "L1").out


def test_a_time_without_offset_is_the_sites_own(console: Console) -> None:
    said = console.ok(*SOW, "--at", "2026-06-01T09:00", "--json").json

    assert said["act"]["happened_at"] == "2026-06-01T00:00:00Z"
    assert said["act"]["offset_minutes"] == 540


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("lot", "show", "nix"), "unknown_lot: no lot answers to 'nix'"),
        (("lot", "show", "(01)04912345678905(10)A"), "has a wrong check digit (5)"),
        (("lot", "sow", "L 2", *SOW[3:]), "bad_lot_code"),
        (("lot", "sow", "L1", *SOW[3:]), "lot_code_taken: lot code 'L1' is already used"),
        ((*SOW[:3], "--crop", "x", *SOW[5:]), "no crop 'x' here; known are: lowk"),
        ((*SOW[:5], "--zone", "x", *SOW[7:]), "no zone 'x' here; known are: A, P"),
        ((*SOW[:8], "0"), "--pieces: expected a whole number from 1 to 2147483647, got '0'"),
        ((*SOW[:8], "9" * 5000), "--pieces: expected a whole number from 1 to 2147483647"),
        ((*HARVEST[:6], "9999999kg", *HARVEST[7:]), "--weight: expected 1 g to 2147483647 g"),
        ((*SOW[:8], "ten"), "--pieces: expected a whole number from 1"),
        ((*HARVEST[:6], "9000", *HARVEST[7:]), "--weight: expected a weight in whole grams"),
        ((*HARVEST[:6], "0.5g", *HARVEST[7:]), "--weight: expected a weight in whole grams"),
        ((*HARVEST[:6], "40kg", *HARVEST[7:]), "heavier_than_physics: 40000 g from 100 heads"),
        ((*HARVEST[:4], "101", *HARVEST[5:]), "not_enough: lot L1 holds 100 pieces"),
        ((*HARVEST, "--at", "2026-05-01"), "out_of_order: harvest of lot L1"),
        ((*HARVEST, "--at", "tomorrow"), "--at: expected an ISO time"),
        ((*HARVEST, "--at", "2199-01-01"), "--at: expected a time that has been"),
        ((*HARVEST, "--at", "0001-01-01"), "--at: expected a year from 1970"),
        (
            ("lot", "ship", "L1", "--to", "mart", "--amount", "9" * 5000 + "pcs"),
            "--amount: expected",
        ),
        ((*HARVEST, "--id", "7"), "--id: expected a UUID"),
        ((*HARVEST, "--id", str(uuid.UUID(int=7))), "--at: expected the time of the act"),
        (("lot", "split", "L1", "A=60pcs", "B=50pcs"), "mass_not_conserved"),
        (("lot", "split", "L1", "A"), "expected a code and an amount"),
        (("lot", "split", "L1", "A=60 apples"), "expected a code and an amount"),
        (("lot", "merge", "L1", "L1", "--code", "M"), "two or more different lots"),
        (("lot", "ship", "L1", "--to", "mart"), "wrong_stage: lot L1 is growing"),
        (("lot", "ship", "L1", "--to", "nobody"), "no party 'nobody' here; known are: mart"),
        (("lot", "discard", "L1", "--reason", " "), "reason: expected why"),
        (
            ("lot", "discard", "L1", "--reason", "x", "--amount", "some"),
            "--amount: expected pieces",
        ),
        (("lot", "void", "x"), "ACT: expected a UUID"),
        (("lot", "void", "x"), "got 'x'; copy it whole"),
        (("lot", "void", str(uuid.UUID(int=7))), "not_found: no act"),
        (("lot", "list", "--stage", "ripe"), "--stage: expected one of growing"),
        (
            ("lot", "inspect", "L1", "--measure", "K", "--value", "low", "--unit", "mg"),
            "--value: expected a number",
        ),
        (
            ("lot", "inspect", "L1", "--measure", "K", "--value", "nan", "--unit", "mg"),
            "expected a number of sensible size",
        ),
        (("trace", "nix"), "unknown_lot"),
        (("lot", "sow", "L9"), "usage: Missing option '--crop'; see: minori lot sow --help"),
        (("lot", "show", "L1", "--colour"), "usage: No such option '--colour'"),
        (("lot", "sing"), "usage: No such command 'sing'; see: minori lot --help"),
    ],
)
def test_what_is_wrong_is_refused_in_one_sentence(
    console: Console, words: tuple[str, ...], said: str
) -> None:
    grown(console)

    assert said in console.refused(*words)


def test_an_hour_the_clock_showed_twice_must_say_which(tmp_path: Path) -> None:
    console = new_console(tmp_path / "farm")
    text = console.config.read_text().replace("[web]", 'time_zone = "Europe/Amsterdam"\n[web]')
    console.config.write_text(text)
    console.ok("catalogue", "crop", "add", "lowk", "--largest-head", "200g")

    assert "Europe/Amsterdam showed once" in console.refused(*SOW, "--at", "2025-10-26T02:30")
    console.ok(*SOW, "--at", "2025-10-26T02:30+01:00")


def test_without_a_database_a_look_up_says_so_and_makes_none(tmp_path: Path) -> None:
    console = new_console(tmp_path / "farm")

    assert "there is no such file yet" in console.refused("lot", "list")
    assert not (console.folder / "minori.db").exists()
