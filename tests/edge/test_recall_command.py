"""`minori recall`, through the real console command: from a probe's hours to the signature."""

from pathlib import Path

from tests.edge.console import Console
from tests.edge.test_lot_command import SHIP, packed

OPEN = ("recall", "open", "--reason", "金属片")


def test_from_a_place_and_a_time_to_the_last_answer(console: Console, tmp_path: Path) -> None:
    packed(console)
    console.ok(*SHIP, "--at", "2026-07-14T08:00")
    span = ("--from", "2026-06-30T23:00", "--to", "2026-07-01T01:00")  # across midnight

    said = console.ok(*OPEN, "--real", "--place", "A", *span).out
    (one,) = console.ok("recall", "list", "--json").json

    lots = said[said.index("Lots\n") : said.index("Who received it")]
    assert [line.split()[0] for line in lots.splitlines()[1:-1]] == ["Lot", "L1", "L1-1", "P/1"]
    assert "Given back" not in lots, "nothing came back, and the terminal is narrow"
    assert "Jun 30, 2026 23:00 – Jul 1, 2026 01:00" in said
    refused = console.run("recall", "close", one["id"])
    assert "no answer yet from mart" in refused.err
    answer = ("--answer", "全部廃棄", "--destroyed", "3.2kg")
    answered = console.ok("recall", "answer", one["id"], "--partner", "mart", *answer).out
    assert "全部廃棄" in answered
    assert "Signed off" in console.ok("recall", "close", one["id"], "--findings", "blade").out
    file = tmp_path / "recall.pdf"
    console.ok("recall", "show", one["id"], "--out", file, "--language", "ja")
    assert file.read_bytes().startswith(b"%PDF-")


def test_what_cannot_be_is_refused_in_one_sentence(console: Console) -> None:
    packed(console)
    for words, code in (
        (("--lot", "L1"), "--real/--exercise: expected one of the two"),
        (("--lot", "L1", "--tank", "T", "--exercise"), "name one"),
        (("--place", "A", "--exercise"), "--from: expected the beginning"),
        (
            ("--place", "A", "--exercise", "--from", "2026-07-02", "--to", "2026-07-01"),
            "got an end that is not later",
        ),
        (("--worker", "だれか", "--exercise", "--from", "2026-07-01"), "which touched none then"),
    ):
        assert code in console.run(*OPEN, *words).err, words
