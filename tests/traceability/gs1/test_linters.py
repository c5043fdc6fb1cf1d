"""The named rules, against the reference implementation's own vectors and by themselves."""

import pytest

from tests.traceability.gs1 import vectors
from traceability.gs1 import linters
from traceability.gs1.faults import Fault

# Upstream judges this one with a company prefix look-up service in place; we have none.
NEEDS_A_LOOKUP = {("gcppos1", "1234567")}


@pytest.mark.shared
def test_every_rule_agrees_with_the_reference_vectors(shared_data) -> None:
    judged = 0
    for name, rows in vectors.read(shared_data, "gs1_ai/linters_by_name").items():
        for row in rows:
            if (name, row["in"]) in NEEDS_A_LOOKUP:
                continue
            fault = linters.LINTERS[name](row["in"])
            assert (fault is None) == row["ok"], (name, row)
            if fault is not None:
                assert fault.rule.upper() == row["error"], (name, row)
                assert _marked(row["in"], fault) == row["markup"], (name, row)
            judged += 1

    assert judged > 300


def _marked(text: str, fault: Fault) -> str:
    end = fault.start + fault.length
    return f"{text[: fault.start]}*{text[fault.start : end]}*{text[end:]}"


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        ("iban", "GB82WEST12345698765432", "GB83WEST12345698765432"),
        ("iban", "DE89370400440532013000", "XX89370400440532013000"),
        ("latitude", "0000000000", "1800000001"),
        ("longitude", "3600000000", "3600000001"),
        ("longitude", "1234567890", "123456789"),
        ("mediatype", "10", "11"),
        ("packagetype", "PX", "ZZZ"),
        ("yesno", "1", "2"),
        ("iso3166999", "999", "998"),
        ("iso4217", "392", "391"),
        ("hyphen", "-", "+"),
        ("pieceoftotal", "0102", "0201"),
        ("posinseqslash", "2/10", "02/3"),
        ("yymmdd", "280229", "270229"),
        ("yymmd0", "270200", "271300"),
        ("yymmdd", "270228", "270200"),
        ("nozeroprefix", "10", "01"),
        ("cset64", "ab=", "ab=="),
        ("gcppos2", "01234", "0123"),
        ("winding", "9", "2"),
    ],
)
def test_a_rule_tells_good_from_nearly_good(rule: str, good: str, bad: str) -> None:
    assert linters.LINTERS[rule](good) is None
    assert linters.LINTERS[rule](bad) is not None


@pytest.mark.parametrize("name", sorted(linters.LINTERS))
@pytest.mark.parametrize("text", ["", "\x00", "é", "１２", "9" * 100, "%", "-1"])
def test_no_rule_falls_over_odd_text(name: str, text: str) -> None:
    """Full-width digits are digits to Python; a label may not hold them."""
    fault = linters.LINTERS[name](text)

    assert fault is None or 0 <= fault.start <= len(text)
