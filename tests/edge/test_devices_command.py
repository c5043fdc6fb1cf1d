"""`minori devices`: models, scan, test and decode, on simulated probes that speak true frames."""

import asyncio
import json
import re

import pytest

from edge import settings_file
from edge.commands import _devices_ask as ask
from sensors.profile import available, load
from sensors.simulator import SimulatedBus, simulated

SETTINGS = """
[site]
organisation = "aizu"
code = "main"

[[ports]]
name = "bench"
device = "{device}"

[[devices]]
name = "climate-1"
model = "xy_md02"
port = "bench"
address = "1"

[[devices]]
name = "co2-1"
model = "senseair_s8"
port = "bench"
"""
CLIMATE = "01 04 04 00 CE 02 57 DA E5"


@pytest.fixture
def bench(tmp_path):
    """A bus with both probes of the settings; gives the bus and the settings file."""
    room = {"co2": 904.0, "air_temperature": 21.4, "relative_humidity": 68.2}
    settings = tmp_path / "minori.toml"
    # The same models with patience, as profiles of the operator's own: a test machine may be busy.
    (tmp_path / "profiles").mkdir()
    for model, file in available().items():
        if model in ("senseair_s8", "xy_md02"):
            text = re.sub(
                r"answers_within_s = \S+", "answers_within_s = 3", file.read_text("utf-8")
            )
            (tmp_path / "profiles" / file.name).write_text(text, "utf-8")
    with SimulatedBus(tmp_path / "bus", pace=0) as bus:
        bus.add(
            simulated(load("senseair_s8"), values=lambda: room),
            simulated(load("xy_md02"), values=lambda: room, address=1),
        )
        settings.write_text(SETTINGS.format(device=tmp_path / "bus"))
        yield bus, settings


@pytest.fixture
def run(capsys, monkeypatch):
    """Run the console command as a person would; gives exit code, output, errors."""
    from edge.cli import main

    def call(*words):
        monkeypatch.setattr("sys.argv", ["minori", "devices", *map(str, words)])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_models_fit_a_terminal_without_losing_a_word(run):
    _, out, _ = run("models")

    assert max(len(line) for line in out.splitlines()) <= 80
    assert "…" not in out
    for profile in map(load, available()):
        assert all(value.key in out for value in profile.values)


def test_models_are_found_by_a_word(run):
    """A stranger knows that it measures CO2, not what we call it."""
    listed = run("models", "CO2")[1]

    assert "winsen_mhz19b" in listed
    assert "xy_md02" not in listed
    assert "sesame" in run("models", "sesame")[1]


def test_models_are_listed_with_what_they_measure(run):
    code, out, _ = run("models", "--json")

    found = {entry["model"]: entry for entry in json.loads(out)}
    assert code == 0
    assert found["winsen_mhz19b"]["measures"] == {"co2": "ppm"}
    assert len(found) >= 20
    assert "winsen_mhz19b" in run("models")[1]


def test_a_scan_asks_and_writes_nothing(bench, run):
    """The simulated S8 has its auto-baseline on; preparing it would write a register."""
    _, settings = bench

    asked = asyncio.run(ask.scan(settings_file.load(settings)))
    assert {spoken.sent[1] for device in asked for spoken in device.spoken} == {4}

    code, out, _ = run("scan", "--config", settings, "--json")

    climate, co2 = json.loads(out)
    assert code == 0
    assert [v["value"] for v in climate["values"]] == [21.4, 68.2]
    assert (co2["address"], co2["values"][0]["value"]) == ("254", 904)


def test_a_scan_says_who_is_silent(bench, run):
    bus, settings = bench
    bus.silence(1)

    code, out, _ = run("scan", "--config", settings)

    assert code == 1
    assert "did not answer" in out
    assert "904 ppm" in out


def test_a_scan_of_nothing_says_so(tmp_path, run):
    """Silence after the first `minori init` looks like probes that were never asked."""
    settings = tmp_path / "minori.toml"
    settings.write_text('[site]\norganisation = "aizu"\ncode = "main"\n')

    code, out, _ = run("scan", "--config", settings)

    assert code == 0
    assert "no polled device" in out
    assert run("scan", "--config", settings, "--json")[1].strip() == "[]"


def test_a_device_nobody_knows_is_refused_with_those_known(bench, run):
    code, _, err = run("test", "climate-9", "--config", bench[1])

    assert code == 2
    assert "no polled device 'climate-9' here; known are: climate-1, co2-1" in err


def test_examples_stand_on_lines_of_their_own(run):
    """A raw docstring keeps click's marker as two letters, and flows the examples together."""
    out = run("--help")[1]

    assert "\\b" not in out
    assert "\n  minori devices scan\n" in out


def test_a_test_shows_bytes_values_and_time(bench, run):
    _, settings = bench

    code, out, _ = run("test", "climate-1", "--config", settings)

    assert code == 0
    assert "sent  01 04 00 01 00 02 20 0B" in out
    assert "air_temperature 21.4 °C" in out
    assert " ms" in out
    exchanges = json.loads(run("test", "climate-1", "--config", settings, "--json")[1])["exchanges"]
    assert exchanges[0]["sent"] == "010400010002200b"


def test_a_test_of_a_device_that_is_not_there_names_those_that_are(bench, run):
    code, _, err = run("test", "climate-9", "--config", bench[1])

    assert code == 2
    assert "climate-1, co2-1" in err


def test_the_bytes_of_one_model_are_decoded(run, tmp_path):
    code, out, _ = run("decode", "xy_md02", "--hex", CLIMATE)

    assert code == 0
    assert json.loads(out)["values"]["air_temperature"] == {"value": 20.6, "unit": "°C", "raw": 206}
    file = tmp_path / "answers"
    file.write_text(CLIMATE + "\n")
    assert run("decode", "xy_md02", "--file", file)[1] == out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["decode"], "MODEL with --hex"),
        (["decode", "xy_md02"], "MODEL with --hex"),
        (["decode", "xy_md02", "--hex", "01 0"], "hex digits"),
        (["decode", "xy_md02", "--hex", "01 04 04 00"], "damaged_frame"),
        (["decode", "xy_md20", "--hex", CLIMATE], "xy_md02"),
    ],
)
def test_what_cannot_be_decoded_is_one_sentence(run, words, said):
    code, out, err = run(*words)

    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


def test_a_capture_is_decoded_row_by_row(run, tmp_path):
    capture = tmp_path / "trouble.jsonl"
    rows = [
        {"id": "a", "rx": "ff8602603c000000dc", "expect": {"co2_ppm": None}},
        {"id": "b", "rx": "ff8602603c00000000", "expect": {}},
        {"id": "c", "rx": "ff86019a3d003a98d0", "expect": {"co2_ppm": None}},
    ]
    capture.write_text("".join(json.dumps(row) + "\n" for row in rows))

    code, out, _ = run("decode", "--capture", capture, "--wire", "mhz19")

    first, second, third = map(json.loads, out.splitlines())
    assert code == 0
    assert first == {"id": "a", "ok": True, "got": {"co2_ppm": 608}}
    assert (second["ok"], second["error"]["code"]) == (False, "checksum")
    assert third["quality"] == {"co2_ppm": "uncertain"}


@pytest.mark.parametrize("content", ["{", "[1]", "\udcff"])
def test_a_file_that_is_no_capture_says_which_line(run, tmp_path, content):
    capture = tmp_path / "trouble.jsonl"
    capture.write_bytes(b"\n" + content.encode("utf-8", "surrogateescape"))

    code, _, err = run("decode", "--capture", capture, "--wire", "mqtt")

    assert code == 2
    assert "trouble.jsonl" in err


def test_a_manifest_reads_no_file_elsewhere(run, tmp_path):
    (tmp_path / "manifest.json").write_text(
        json.dumps([{"file": "../../etc/passwd", "topic": "spBv1.0/g/NDATA/e"}])
    )

    code, out, err = run("decode", "--capture", tmp_path, "--wire", "sparkplug")

    assert "root:" not in out + err
    assert json.loads(out)["error"]["code"] == "capture"
    assert code == 0
