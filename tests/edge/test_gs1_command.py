"""`minori gs1` as a shell sees it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.commands.gs1 import command

GOOD = "(01)04012345111118(10)A-1(17)270228"


def test_json_says_ais_link_and_identity() -> None:
    answer = json.loads(_run("parse", "--json", GOOD).stdout)

    assert answer == {
        "ok": True,
        "ais": [["01", "04012345111118"], ["10", "A-1"], ["17", "270228"]],
        "link": "https://id.gs1.org/01/04012345111118/10/A-1?17=270228",
        "canonical": "https://id.gs1.org/01/04012345111118/10/A-1",
    }


def test_one_bad_code_fails_the_run_and_hides_no_other() -> None:
    result = _run("parse", "--json", "(01)04012345111119(10)A-1", GOOD)

    bad, good = map(json.loads, result.stdout.splitlines())
    assert result.exit_code == 1
    assert (bad["error"]["code"], bad["error"]["ai"]) == ("incorrect_check_digit", "01")
    assert bad["error"]["position"] == 17
    assert bad["ais"] == [["10", "A-1"]]
    assert good["ok"]


def test_a_broken_link_still_says_what_is_right_in_it() -> None:
    answer = json.loads(
        _run("parse", "--json", "https://a/01/04012345111119/10/A?17=271301&x=1").stdout
    )

    assert [error["ai"] for error in answer["errors"]] == ["01", "17"]
    assert [error["position"] for error in answer["errors"]] == [26, 38]
    assert answer["ais"] == [["10", "A"]]


def test_a_batch_gives_one_line_for_each_line(tmp_path: Path) -> None:
    """0x1D ends a line for str.splitlines; to a scanner it is the separator."""
    file = tmp_path / "scans.txt"
    file.write_text("]C110A\x1d0104012345111118\n\n" + GOOD + "\n")

    answers = [
        json.loads(line)
        for line in _run("check", "--json", "--file", str(file)).stdout.splitlines()
    ]

    assert [answer["ok"] for answer in answers] == [True, False, True]


@pytest.mark.parametrize("arguments", [(), ("-",)])
def test_codes_come_from_standard_input_too(arguments: tuple[str, ...]) -> None:
    result = _run("parse", "--json", *arguments, text=f"{GOOD}\r\n")

    assert json.loads(result.stdout)["ok"]


def test_check_asks_for_the_companions_that_parse_does_not() -> None:
    """A pallet carries two barcodes; one alone is not wrong for what the other holds."""
    assert _run("parse", "(10)A").exit_code == 0

    result = _run("check", "--json", "(10)A")

    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["code"] == "required_ai_missing"


def test_a_link_starts_where_it_is_told() -> None:
    made = json.loads(_run("link", "--json", "--stem", "https://hub.example/", GOOD).stdout)

    assert made["link"] == "https://hub.example/01/04012345111118/10/A-1?17=270228"
    assert made["canonical"].startswith("https://id.gs1.org/")


def test_a_compressed_link_is_read_back_by_parse() -> None:
    made = json.loads(_run("link", "--json", "--compress", GOOD).stdout)

    assert json.loads(_run("parse", "--json", made["link"]).stdout)["ais"][1] == ["10", "A-1"]


def test_a_link_is_spoken_as_a_urn_once_the_prefix_is_known() -> None:
    made = json.loads(_run("link", "--json", "--urn", "7", "(01)04012345111118(21)7").stdout)

    assert made["urn"] == "urn:epc:id:sgtin:4012345.011111.7"


def test_no_link_is_made_of_what_has_no_key() -> None:
    result = _run("link", "--json", "(91)A")

    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["code"] == "no_primary_key"


@pytest.mark.parametrize(
    ("code", "flags"),
    [
        ("(89)A", ["--permit-unknown-ais"]),
        ("(89)A", ["-o", "PermitUnknownAIs"]),
        ("https://a/01/001122334455", ["--permit-zero-suppressed-gtin"]),
        ("https://a/gtin/12312312312333", ["-o", "permitConvenienceAlphas=on"]),
        ("^0104012345111118{GS}10A", ["--fnc1", "{GS}"]),
    ],
)
def test_a_lenience_is_given_by_name_only(code: str, flags: list[str]) -> None:
    assert _run("parse", code).exit_code == (0 if "{GS}" in code and not flags else 1)
    assert _run("parse", *flags, code).exit_code == 0


def test_an_unknown_lenience_lists_the_known_ones() -> None:
    result = _run("parse", "-o", "PermitAll", GOOD)

    assert result.exit_code == 2
    assert "PermitUnknownAIs" in result.output


def test_what_a_scanner_would_send_is_read_back() -> None:
    sent = _run("scan", "--symbology", "DM", "^010401234511111810A-1").stdout.rstrip("\n")

    assert sent == "]d2010401234511111810A-1"
    assert _run("parse", sent).exit_code == 0


def test_people_get_titles_and_reasons() -> None:
    result = _run("parse", "(01)04012345111119(10)A-1")

    assert "BATCH/LOT" in result.stdout
    assert "wrong check digit" in result.stdout


def _run(*arguments: str, text: str = "") -> Result:
    return CliRunner().invoke(command, arguments, input=text)
