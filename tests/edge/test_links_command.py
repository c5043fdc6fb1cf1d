"""`minori links`: what is set is told back, and what cannot be is refused in one sentence."""

import pytest

from tests.edge.console import Console

URL = "https://farm.example/salads"


def test_a_link_is_set_listed_and_ended(console: Console) -> None:
    said = console.ok("links", "set", "lowk-80", "recipeInfo", URL, "--until", "2099-01-01")
    (entered,) = console.ok("links", "list", "lowk-80", "--json").json
    link = entered["links"][0]["id"]
    ended = console.ok("links", "end", "lowk-80", link[-8:], "--why", "page moved")

    assert said.out.startswith("/01/04912345678904\n")
    assert URL in said.out
    assert "until 2099-01-01" in said.out
    assert "over" in ended.out
    assert "Minori's own page" in console.ok("links", "list", "lowk-80").out
    assert URL in console.ok("links", "list", "--all").out


def test_every_line_but_an_address_fits_the_terminal(console: Console) -> None:
    long = "https://farm.example/" + "x" * 90
    said = console.ok(
        *("links", "set", "lowk-80", "certificationInfo", long, "--language", "ja"),
        *("--title", "認証" * 40, "--default", "--with-lots", "--why", "w" * 200),
    )

    assert all(len(line) <= 80 for line in said.out.splitlines() if "http" not in line)
    assert long in said.out


def test_a_code_is_withdrawn_and_restored(console: Console) -> None:
    console.ok("links", "withdraw", "lowk-80", "--why", "misprint", "--by", "Sato")

    assert "withdrawn by Sato: misprint" in console.ok("links", "list").out
    assert "withdrawn" not in console.ok("links", "restore", "lowk-80").out


def test_nothing_set_is_said_in_words(console: Console) -> None:
    assert "no link was set yet" in console.ok("links", "list").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("set", "nobody", "pip", URL), "unknown_lot"),
        (("set", "lowk-80", "recipes", URL), "recipeInfo"),
        (("set", "lowk-80", "pip", "farm.example"), "https://"),
        (("set", "lowk-80", "pip", URL, "--from", "tomorrow"), "--from: expected an ISO time"),
        (("end", "lowk-80", "abc"), "known are: none yet"),
        (("withdraw", "lowk-80"), "reason"),
    ],
)
def test_what_cannot_be_is_refused(console: Console, words: tuple[str, ...], said: str) -> None:
    assert said in console.refused("links", *words)
