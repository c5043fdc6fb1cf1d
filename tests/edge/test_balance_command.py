"""`minori balance`: the account as a table, and an exit code for whoever runs it each night."""

import pytest

from tests.edge.console import Console, new_console


@pytest.fixture
def console(tmp_path) -> Console:
    console = new_console(tmp_path)
    console.ok("catalogue", "crop", "add", "lowk", "--largest-head", "250g")
    console.ok("catalogue", "item", "add", "lowk-80", "--crop", "lowk", "--net", "80g")
    console.ok("lot", "sow", "L1", "--crop", "lowk", "--zone", "A", "--pieces", "100")
    console.ok(
        *("lot", "harvest", "L1", "--pieces", "100", "--weight", "9kg"), "--zone", "P", "--final"
    )
    console.ok(
        *("lot", "pack", "L1-1", "--item", "lowk-80", "--packs", "100"),
        *("--code", "P1", "--zone", "P"),
    )
    return console


def test_it_closes_and_says_so(console: Console) -> None:
    said = console.ok("balance", "--crop", "lowk")

    assert "= unexplained               0" in said.out
    assert "- lost in making        1,000" in said.out
    assert "within 1 % of what came" in said.out


def test_beyond_the_tolerance_it_names_the_lot_and_fails(console: Console) -> None:
    console.ok("lot", "count", "P1", "--amount", "90pcs")

    said = console.run("balance", "--item", "lowk-80")

    assert said.code == 1
    assert "P1: a count found 800 g missing" in said.out
    assert console.run("balance", "--item", "lowk-80", "--tolerance", "10").code == 0


def test_an_account_is_named(console: Console) -> None:
    assert console.refused("balance").startswith("bad_value: account: expected one of --lot")


@pytest.mark.parametrize("option", ["--from", "--to"])
def test_a_wrong_time_is_refused_by_the_name_of_its_option(console: Console, option: str) -> None:
    """It said --at, which balance has not."""
    said = console.refused("balance", "--crop", "lowk", option, "gestern")

    assert said.startswith(f"bad_value: {option}: ")
