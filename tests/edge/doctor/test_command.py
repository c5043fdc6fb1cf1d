"""`minori doctor`: with and without a service, in both languages, for people and for scripts."""

import json
import time
from pathlib import Path

import pytest

from edge.doctor import examination
from edge.doctor.case import of_site
from edge.doctor.finding import Level, ok, warn
from tests.edge.conftest import until
from tests.edge.processes import run, start
from tests.fakes.mosquitto import Mosquitto, free_port


def farm(folder: Path, broker: Mosquitto, *, more: str = "") -> Path:
    file = folder / "minori.toml"
    file.write_text(
        f"[web]\nport = {free_port()}\n[mqtt]\nhost = '127.0.0.1'\nport = {broker.port}\n{more}"
    )
    return file


def levels(file: Path) -> dict[str, str]:
    done = run("doctor", "--json", "--config", str(file))
    worst: dict[str, str] = {}
    for finding in json.loads(done.stdout):
        if finding["level"] != "ok":
            worst[finding["check"]] = finding["level"]
    return worst


async def test_it_knows_a_running_service_from_a_stopped_one(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    file = farm(tmp_path, mosquitto, more="[metrics]\nfile = 'numbers.prom'\n")
    assert levels(file)["service"] == "warn"
    agent = start("agent", "--config", str(file), log=tmp_path / "log")
    try:
        await until((tmp_path / "numbers.prom").exists)
        found = levels(file)
        file.write_text(file.read_text() + "[web")
        wrong = run("doctor", "--config", str(file))
    finally:
        agent.terminate()
        assert agent.wait(30) == 0

    assert "service" not in found
    assert "database" not in found
    assert wrong.returncode == 2
    assert "TOML" in wrong.stdout


async def test_a_service_with_pages_is_asked_over_them(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    file = farm(tmp_path, mosquitto)
    process = start("run", "--config", str(file), log=tmp_path / "log")
    try:
        await until(lambda: b"open http" in (tmp_path / "log").read_bytes())
        await until(lambda: of_site(file).is_running)
        other = tmp_path / "other"
        other.mkdir()
        (other / "minori.toml").write_text(file.read_text())
        theirs = run("doctor", "--config", str(other / "minori.toml"))
    finally:
        process.terminate()
        assert process.wait(30) == 0

    # The port is another site's, and so are its numbers.
    assert "another Minori listens" in " ".join(theirs.stdout.split())
    assert "no collecting service answers" in theirs.stdout


def test_each_line_fits_a_terminal_in_both_languages(mosquitto: Mosquitto, tmp_path: Path) -> None:
    from edge.commands._text import width

    file = farm(tmp_path, mosquitto, more="[[ports]]\nname = 'a'\ndevice = '/dev/ttyUSB7'\n")
    for language, words in (("ja", "コピーがありません"), ("en", "there is no copy")):
        done = run("doctor", "--lang", language, "--all", "--config", str(file))
        assert words in done.stdout.replace("\n" + " " * 17, "")
        # A path is left whole, to be copied.
        long = [line for line in done.stdout.splitlines() if width(line) > 80]
        assert [line for line in long if str(tmp_path) not in line] == []
        assert done.stderr == ""


def test_a_check_that_hangs_and_one_that_fails_hide_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examination, "LIMIT_S", 0.2)

    def hang(case: object) -> list[object]:
        time.sleep(5)
        return []

    def broken(case: object) -> list[object]:
        raise ZeroDivisionError

    checks = {"slow": hang, "broken": broken, "good": lambda case: [ok("fine")]}
    found = examination.examine(of_site(tmp_path / "none.toml"), checks)

    assert [(f.check, f.level) for f in found] == [
        ("slow", Level.FAIL),
        ("broken", Level.FAIL),
        ("good", Level.OK),
    ]
    assert "no answer within" in found[0].text
    assert "ZeroDivisionError" in str(found[1].facts["error"])


@pytest.mark.parametrize(("findings", "code"), [([ok("a")], 0), ([ok("a"), warn("b", "c")], 1)])
def test_the_exit_code_is_the_worst_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, findings: list[object], code: int
) -> None:
    monkeypatch.setattr(examination, "examine", lambda case: findings)
    (tmp_path / "minori.toml").write_text("")

    done = run("doctor", "--config", str(tmp_path / "minori.toml"))

    assert done.returncode == code
    assert done.stdout.splitlines()[-1] == f"1 all right, {code} to see to, 0 not working"


def test_a_machine_without_settings_is_examined_all_the_same(tmp_path: Path) -> None:
    done = run("doctor", "--json", "--config", str(tmp_path / "nowhere.toml"))

    checks = {finding["check"] for finding in json.loads(done.stdout)}
    assert done.returncode == 2
    assert {"settings", "disk", "clock", "board"} <= checks


def test_it_changes_nothing(mosquitto: Mosquitto, tmp_path: Path) -> None:
    file = farm(tmp_path, mosquitto)
    before = sorted(path.name for path in tmp_path.iterdir())

    run("doctor", "--config", str(file))

    assert sorted(path.name for path in tmp_path.iterdir()) == before
