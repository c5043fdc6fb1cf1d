"""Every shared capture, row by row, decoded as its row expects."""

import json

import pytest

from sensors import captures

FILES = {
    "modbus": "modbus_rtu.jsonl",
    "sdi12": "sdi12.jsonl",
    "ezo": "atlas_ezo_uart.jsonl",
    "mhz19": "mhz19_uart.jsonl",
    "echonet": "echonet_lite.jsonl",
    "uecs": "uecs_ccm.jsonl",
    "mqtt": "mqtt_payloads.jsonl",
    "sparkplug": "sparkplug/manifest.json",
}
# Words about a row, beside the values in its `expect`.
_REMARKS = ("note", "rule")


def rows_of(path):
    text = path.read_text("utf-8")
    if path.suffix == ".json":
        return json.loads(text)
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def expected(wire, row):
    if wire == "modbus" and "decode" in row:
        return {entry["name"]: entry["expect"] for entry in row["decode"]}
    return row.get("expect_at", row.get("expect", {}))


def same(got, expect):
    if isinstance(expect, dict):
        asked = {key: value for key, value in expect.items() if key not in _REMARKS}
        return isinstance(got, dict) and all(
            key in got and same(got[key], value) for key, value in asked.items()
        )
    if isinstance(expect, list):
        return isinstance(got, list) and len(got) == len(expect) and all(map(same, got, expect))
    if isinstance(expect, float):
        return got == pytest.approx(expect, rel=1e-9)
    return got == expect


@pytest.mark.shared
@pytest.mark.parametrize("wire", captures.WIRES)
def test_every_row_is_decoded_as_it_expects(wire, shared_data):
    path = shared_data / "edge" / FILES[wire]
    rows = rows_of(path)

    lines = list(captures.decode(wire, rows, lambda name: (path.parent / name).read_bytes()))

    assert len(lines) == len(rows)
    for row, line in zip(rows, lines, strict=True):
        if "error" in row:
            assert not line["ok"], row
            assert line["error"]["code"] == row["error"], row
            assert line["error"].get("exception_code") == row.get("exception_code")
        else:
            assert line["ok"], (row, line)
            assert same(line["got"], expected(wire, row)), (row, line)
            assert line.get("quality") == row.get("quality"), (row, line)


def test_a_row_without_expectation_gives_an_empty_answer():
    row = {"id": "x", "tx": "ff0186000000000079", "rx": "ff8602603c000000dc"}

    (line,) = captures.decode("mhz19", [row], lambda name: b"")

    assert line == {"id": "x", "ok": True, "got": {}}


def test_an_expectation_lends_its_names_and_never_its_values():
    row = {"id": "x", "rx": "ff8602603c000000dc", "expect": {"co2_ppm": 1, "colour": "red"}}

    (line,) = captures.decode("mhz19", [row], lambda name: b"")

    assert line["got"] == {"co2_ppm": 608}
