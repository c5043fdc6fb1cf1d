"""`minori catalogue`: master data said once, changed only where something else is said."""

import pytest

from tests.edge.console import Console


def test_what_was_not_said_again_stays(console: Console) -> None:
    console.ok("catalogue", "crop", "add", "lowk", "--target", "air_temperature=18..24")

    said = console.ok("catalogue", "crop", "add", "lowk", "--growing-days", "42")

    assert said.out == "crop lowk (Low-potassium lettuce) changed: growing_days\n"
    (crop,) = console.ok("catalogue", "crop", "list", "--json").json
    assert crop["largest_head_g"] == 200
    assert crop["targets"] == {"air_temperature": [18.0, 24.0]}


def test_saying_again_what_is_so_changes_nothing(console: Console) -> None:
    before = console.records()

    said = console.ok("catalogue", "partner", "add", "mart", "--name", "Mart")

    assert said.out == "partner mart (Mart) is already so\n"
    assert console.records() == before


def test_zones_of_the_settings_are_there_by_themselves(console: Console) -> None:
    console.ok("catalogue", "zone", "add", "C", "--kind", "cold_store", "--name", "Cold store")

    zones = console.ok("catalogue", "zone", "list", "--json").json

    assert [(zone["code"], zone["kind"]) for zone in zones] == [
        ("A", "growing_room"),
        ("C", "cold_store"),
        ("P", "packing"),
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("item", "add", "x", "--crop", "lowk"), "--net: expected a value for the new x"),
        (("item", "add", "x", "--net", "80g"), "--crop: expected a value for the new x"),
        (("item", "add", "lowk-80", "--gtin", "4912345678905"), "its check digit is 4"),
        (("item", "add", "lowk-80", "--gtin", "49x"), "a GTIN has 8, 12, 13 or 14 digits"),
        (
            ("item", "add", "x", "--crop", "lowk", "--net", "1kg", "--gtin", "4912345678904"),
            "which is lowk-80",
        ),
        (("crop", "add", "new"), "--largest-head: expected a value for the new new"),
        (("crop", "add", "a b", "--largest-head", "9g"), "CODE: expected letters, digits"),
        (
            ("crop", "add", "lowk", "--largest-head", "0g"),
            "--largest-head: expected 1 g to 2147483647 g",
        ),
        (("crop", "add", "lowk", "--target", "warmth=1..2"), "--target: expected one of"),
        (("crop", "add", "lowk", "--target", "co2=9..2"), "a lower and a higher number [ppm]"),
        (("zone", "add", "Z", "--kind", "moon"), "--kind: expected one of growing_room"),
        (("partner", "add", "mart", "--gln", "123"), "a GLN has 13 digits"),
    ],
)
def test_wrong_master_data_is_refused(console: Console, words: tuple[str, ...], said: str) -> None:
    assert said in console.refused("catalogue", *words)


def test_a_gtin_is_not_changed_under_packed_lots(console: Console) -> None:
    """Labels are out there: the number on them must go on meaning these lots."""
    console.ok("lot", "sow", "L1", "--crop", "lowk", "--zone", "A", "--pieces", "9")
    console.ok("lot", "harvest", "L1", "--pieces", "9", "--weight", "900g", "--zone", "P")
    console.ok(
        *("lot", "pack", "L1-1", "--item", "lowk-80", "--packs", "9", "--code", "P1"),
        *("--zone", "P"),
    )

    refusal = console.refused("catalogue", "item", "add", "lowk-80", "--gtin", "4912345678911")

    assert "under which lot P1 was packed" in refusal
