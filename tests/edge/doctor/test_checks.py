"""Every other check: right where all is right, and one sentence with its cure where not."""

import os
import pwd
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from edge.backup.making import make
from edge.backup.shelf import shelf_of
from edge.doctor import (
    backups,
    board,
    clock,
    database,
    disk,
    endings,
    hub,
    probes,
    service,
    settings,
    web,
    zone,
)
from edge.doctor.numbers import Numbers
from edge.enrolment import Enrolment, save
from edge.errors import SettingsInvalid, SettingsMissing
from edge.registry import register
from sensors import Reading
from tests.edge.doctor.conftest import NOON, RUNNING, MakeCase, said, wrong
from traceability import database as store
from traceability import growth, uplink
from traceability.database import writing_session
from traceability.models import Edge, StoreFact
from traceability.readings import Delivery, Held, Recorder


def test_settings_that_are_wrong_are_one_finding(case: MakeCase) -> None:
    problem = SettingsInvalid(
        file="f", line=", line 2", key="web.port", expected="a", got="b", next_step="c"
    )
    (finding,) = wrong(list(settings.check(case(settings=None, problem=problem))))

    assert finding.level == 2
    assert "web.port" in str(finding.facts["problem"])


def test_without_a_file_the_cure_is_to_write_one(case: MakeCase) -> None:
    """There is no line to mend."""
    problem = SettingsMissing(looked_at="minori.toml")
    (finding,) = wrong(list(settings.check(case(settings=None, problem=problem))))

    assert "minori init" in finding.cure


def test_a_settings_file_that_was_emptied_is_told(case: MakeCase, tmp_path: Path) -> None:
    """After a power cut it may be there and hold nothing: everything would be as by default."""
    file = tmp_path / "minori.toml"
    file.write_text("\n")
    one = case()
    assert one.settings is not None
    one.settings.inside(tmp_path, file=file)

    (finding,) = wrong(list(settings.check(one)))

    assert "is empty" in said([finding])[0][1]


@pytest.mark.parametrize(
    ("damage", "level", "cure"),
    [("9999", 2, "upgrade Minori"), ("0001", 2, "minori db upgrade"), ("", 1, "at the next start")],
)
def test_a_database_of_another_version_has_its_own_cure(
    case: MakeCase, tmp_path: Path, damage: str, level: int, cure: str
) -> None:
    one, file = case(), tmp_path / "minori.db"
    if damage:
        with closing(sqlite3.connect(file)) as opened, opened:
            opened.execute("UPDATE alembic_version SET version_num = ?", (damage,))
    else:
        file.write_bytes(b"")

    (finding,) = wrong(list(database.check(one)))

    assert (finding.level, cure in finding.cure) == (level, True)


def test_an_unknown_model_and_an_open_secret_are_told(case: MakeCase, tmp_path: Path) -> None:
    devices = [{"name": "p", "port": "a", "model": "no_such"}]
    ports = [{"name": "a", "device": "/dev/x"}]
    (tmp_path / "word").write_text("secret")
    (tmp_path / "word").chmod(0o644)
    content = {"ports": ports, "devices": devices, "mqtt": {"password_file": "word"}}

    model, secret = wrong(list(settings.check(case(content))))
    (tmp_path / "word").unlink()
    _model, missing = wrong(list(settings.check(case(content))))

    assert "no_such" in str(model.facts["problem"])
    assert secret.cure.format(**secret.facts) == f"chmod 600 {tmp_path / 'word'}"
    assert "cannot be read (No such file" in said([missing])[0][1]


@pytest.mark.parametrize(
    ("owner", "mode", "cure"),
    [
        (0, 0o640, None),  # as deploy/install.sh leaves it
        (0, 0o644, "chmod 640"),
        (65534, 0o600, None),
        (65534, 0o644, "chmod 600"),
        (0, 0o600, "sudo chown"),  # of root alone: the service cannot read it
    ],
)
def test_a_secret_is_for_the_service_and_stays_readable_to_it(
    case: MakeCase, tmp_path: Path, owner: int, mode: int, cure: str | None
) -> None:
    """A cure taken at its word must not lock the service out."""
    word, user = tmp_path / "word", pwd.getpwuid(65534)
    word.write_text("secret")
    word.chmod(mode)
    os.chown(word, owner, user.pw_gid)

    content = {"mqtt": {"password_file": "word"}}
    found = wrong(list(settings.check(case(content, user=user.pw_name))))

    assert [one.cure.rpartition(" {")[0].split(" {")[0] for one in found] == [cure] * bool(cure)


@pytest.mark.parametrize(
    ("line", "text", "level"),
    [
        ("minori_settings_refused 1", "refuses the settings file", 2),
        ("minori_settings_waiting 2", "take effect at the next start", 1),
        ("minori_stuck_seconds 90", "has not answered for 90 s", 2),
        ('minori_store_trouble{trouble="full"} 1', "the disk is full", 2),
        ('minori_store_trouble{trouble="doubt"} 1', "the disk failed", 2),
    ],
)
def test_what_the_running_service_says_of_itself(
    case: MakeCase, line: str, text: str, level: int
) -> None:
    numbers = RUNNING.replace("minori_settings_refused 0\n", "") + line + "\n"

    (finding,) = wrong(list(service.check(case(numbers=numbers))))

    assert text in said([finding])[0][1]
    assert finding.level == level
    assert not wrong(list(service.check(case(numbers=RUNNING))))


def test_no_service_is_told_how_to_start_it(case: MakeCase) -> None:
    (finding,) = wrong(list(service.check(case())))
    assert "start it: " in finding.cure


def test_a_hub_has_nothing_to_collect_and_is_not_told_to(case: MakeCase) -> None:
    examined = case({"site": {"time_zone": "UTC"}})
    engine = store.open_database(examined.settings.database_url if examined.settings else "")
    with writing_session(engine) as session:
        session.add(
            Edge(
                name="aizu/main",
                organisation="aizu",
                site="main",
                credential_hash="0" * 64,
                enrolled_at=NOON,
            )
        )
    engine.dispose()

    assert said(list(service.check(examined))) == [
        ("ok", "a hub: nothing is collected here; sites that send to it: 1")
    ]
    probed = case({"devices": [{"name": "p1"}]})
    assert wrong(list(service.check(probed)))


def test_a_service_that_was_killed_is_told_from_one_that_ended(
    case: MakeCase, tmp_path: Path
) -> None:
    examined = case()
    assert not wrong(list(endings.check(examined)))
    holder = sqlite3.connect(tmp_path / "minori.db")
    holder.execute("INSERT INTO delivery VALUES ('x', 1)")
    holder.commit()
    log = (tmp_path / "minori.db-wal").read_bytes()
    holder.close()
    assert not wrong(list(endings.check(examined)))

    (tmp_path / "minori.db-wal").write_bytes(log)

    (finding,) = wrong(list(endings.check(examined)))
    assert "did not end in order" in finding.text
    assert list(endings.check(replace(examined, numbers=Numbers(RUNNING)))) == []


def test_services_that_systemd_had_to_start_anew_are_told(
    case: MakeCase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "systemctl"
    program.write_text("#!/bin/sh\n[ $2 = minori-agent ] && echo 3 || echo 0\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    (finding,) = wrong(list(endings.check(case())))

    assert said([finding])[0][1] == "systemd has had to start minori-agent anew 3 times"


def test_the_database_is_whole_or_says_what_is_not(case: MakeCase, tmp_path: Path) -> None:
    examined = case()
    assert not wrong(list(database.check(examined)))
    file = tmp_path / "minori.db"
    file.with_name("minori.db.broken-20261101").write_text("")
    (aside,) = wrong(list(database.check(examined)))
    assert "minori.db.broken-20261101" in said([aside])[0][1]

    data = bytearray(file.read_bytes())
    data[8192:16384] = b"\xff" * 8192
    file.write_bytes(data)
    found = wrong(list(database.check(examined)))
    assert max(finding.level for finding in found) == 2


def test_an_older_schema_names_the_command(case: MakeCase, tmp_path: Path) -> None:
    examined = case()
    with closing(sqlite3.connect(tmp_path / "minori.db")) as opened, opened:
        opened.execute("UPDATE alembic_version SET version_num = '0001'")

    (finding,) = wrong(list(database.check(examined)))

    assert finding.cure == "minori db upgrade"
    assert finding.level == 2


def test_a_large_file_is_read_for_some_seconds_only(
    case: MakeCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "READ_S", 0.0)
    monkeypatch.setattr(database, "_STEPS", 1)

    found = list(database.check(case()))

    assert not wrong(found)
    assert any("all of it: minori db check" in finding.text for finding in found)


def test_copies_none_old_and_fresh(case: MakeCase) -> None:
    examined = case()
    (none,) = wrong(list(backups.check(examined)))
    assert none.cure.startswith("make one: minori backup")

    assert examined.settings is not None
    make(examined.settings, shelf_of(examined.settings), at=NOON - timedelta(days=8))
    (old,) = wrong(list(backups.check(examined)))
    assert "is 8 days old" in said([old])[0][1]

    make(examined.settings, shelf_of(examined.settings), at=NOON)
    fresh = list(backups.check(examined))
    assert not wrong(fresh)
    assert "same disk" in fresh[-1].text
    assert list(backups.check(case({"backup": {"warn_after_days": 0}}))) == []


def test_the_disk_full_nearly_full_and_how_long_it_lasts(
    case: MakeCase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examined = case()
    assert not wrong(list(disk.check(examined)))
    engine = store.open_database(f"sqlite:///{tmp_path / 'minori.db'}")
    assert examined.settings is not None
    site_id = register(engine, examined.settings, since=NOON)
    times = (NOON - timedelta(seconds=n) for n in range(7200))
    Recorder(engine, site_id).append([Delivery([Reading("p", "co2", 1.0, at) for at in times])])
    engine.dispose()
    # 3,600 an hour are 86,400 a day, 20 bytes each: 1.7 MB.
    assert "readings take 1.7 MB a day" in said(list(disk.check(examined)))[-1][1]

    for number in range(2):
        engine = store.open_database(f"sqlite:///{tmp_path / 'minori.db'}")
        with writing_session(engine) as session:
            growth.note(session, NOON - timedelta(days=2 - number))
            session.add_all(StoreFact(key=f"{number}/{n}", value="x" * 4000) for n in range(500))
        engine.dispose()
    assert "the record grows by" in said(list(disk.check(examined)))[-1][1]

    usage = shutil.disk_usage(tmp_path)
    for free, level in ((50 << 20, 2), (int(usage.total * 0.05), 1)):
        monkeypatch.setattr(disk.shutil, "disk_usage", lambda _, f=free: usage._replace(free=f))
        assert wrong(list(disk.check(examined)))[0].level == level


def test_a_clock_in_1970_an_unset_one_and_readings_of_the_future(
    case: MakeCase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examined = case()
    monkeypatch.setattr(clock, "is_clock_set", lambda now: True)
    monkeypatch.setattr(clock, "_is_synchronised", lambda: True)
    assert not wrong(list(clock.check(examined)))

    past = replace(examined, now=NOON.replace(year=1970))
    assert wrong(list(clock.check(past)))[0].level == 2
    monkeypatch.setattr(clock, "_is_synchronised", lambda: False)
    assert wrong(list(clock.check(examined)))[0].level == 1
    monkeypatch.setattr(clock, "_is_synchronised", lambda: True)

    engine = store.open_database(f"sqlite:///{tmp_path / 'minori.db'}")
    assert examined.settings is not None
    site_id = register(engine, examined.settings, since=NOON)
    ahead = Reading("p", "co2", 1.0, NOON + timedelta(days=1))
    Recorder(engine, site_id).append([Delivery([ahead])])
    engine.dispose()
    (finding,) = wrong(list(clock.check(examined)))
    assert "2026-11-26 12:00 JST, which has not been yet" in said([finding])[0][1]


def test_readings_that_wait_for_the_clock_and_its_jumps(
    case: MakeCase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "is_clock_set", lambda now: True)
    monkeypatch.setattr(clock, "_is_synchronised", lambda: True)
    examined = case(numbers=RUNNING + "minori_clock_jumps_total 2\n")
    assert examined.settings is not None
    engine = store.open_database(f"sqlite:///{tmp_path / 'minori.db'}")
    site_id = register(engine, examined.settings, since=NOON)
    waits = Held(Reading("p", "co2", 1.0, NOON), "boot-1", 5000)
    Recorder(engine, site_id).append([Delivery([], held=[waits])])
    engine.dispose()

    waiting, jumps = wrong(list(clock.check(examined)))

    assert said([waiting])[0][1] == ("1 readings have no time yet: taken before the clock was set")
    assert said([jumps])[0][1].startswith("the clock has jumped 2 times")


def test_a_trusted_clock_needs_a_battery(case: MakeCase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "_RTC", Path("/dev/no-such-clock"))
    monkeypatch.setattr(clock, "_is_synchronised", lambda: True)

    (finding,) = wrong(list(clock.check(case({"site": {"trust_clock": True}}))))

    assert "no battery clock" in finding.text


@pytest.mark.parametrize(
    ("machine", "is_wrong"), [("Asia/Tokyo", 0), ("UTC", 0), ("Asia/Seoul", 1)]
)
def test_the_machines_zone(
    case: MakeCase, monkeypatch: pytest.MonkeyPatch, machine: str, is_wrong: int
) -> None:
    monkeypatch.setenv("TZ", machine)

    assert len(wrong(list(zone.check(case())))) == is_wrong


def test_probes_that_are_silent_and_messages_that_are_refused(case: MakeCase) -> None:
    content = {
        "ports": [{"name": "a", "device": "/dev/x"}],
        "devices": [
            {"name": name, "port": "a", "model": "xy_md02"} for name in ("good", "old", "never")
        ],
    }
    at = NOON.timestamp()
    answers = "minori_device_last_answer_timestamp_seconds"
    numbers = (
        f'{RUNNING}{answers}{{device="good"}} {at - 20}\n{answers}{{device="old"}} {at - 3600}\n'
        'minori_device_faults_total{device="never",code="no_answer"} 9\n'
        'minori_refused_total{code="not_json"} 3\n'
    )

    old, never, refused = wrong(list(probes.check(case(content, numbers=numbers))))

    assert said([old])[0][1].startswith("old on a has been silent since 2026-11-25 11:00 JST")
    assert said([never])[0][1] == "never on a never answered (no_answer)"
    assert said([refused])[0][1] == "messages were refused since the start: not_json: 3"


def test_networked_probes_that_were_never_heard_or_not_for_long(
    case: MakeCase, tmp_path: Path
) -> None:
    """Mosquitto grants a subscription that its access list then filters: only silence tells."""
    content = {"devices": [{"name": name} for name in ("fresh", "old", "never")]}
    examined = case(content)
    assert examined.settings is not None
    engine = store.open_database(f"sqlite:///{tmp_path / 'minori.db'}")
    site_id = register(engine, examined.settings, since=NOON)
    times = {"fresh": NOON - timedelta(minutes=5), "old": NOON - timedelta(hours=4)}
    read = [Reading(name, "co2", 1.0, at) for name, at in times.items()]
    Recorder(engine, site_id).append([Delivery(read)])
    engine.dispose()

    old, never = wrong(list(probes.check(examined)))

    assert said([old])[0][1] == "old (MQTT) was last heard at 2026-11-25 08:00 JST"
    assert said([never])[0][1] == "never (MQTT) was never heard"


@pytest.mark.parametrize(
    ("url", "count"),
    [("", 0), ("http://farm.example", 2), ("https://localhost", 1), ("https://10.1.2.3", 1)],
)
def test_the_public_address(
    case: MakeCase, monkeypatch: pytest.MonkeyPatch, url: str, count: int
) -> None:
    monkeypatch.setattr(web, "_answer", lambda _: None)

    found = list(web.check(case({"web": {"port": 1, "public_url": url}})))

    assert len(wrong(found)) == count


def test_pages_for_everybody_need_somebody_who_may_sign_in(case: MakeCase) -> None:
    (finding,) = wrong(list(web.check(case({"web": {"port": 1, "host": "0.0.0.0"}}))))

    assert finding.cure == "minori user add NAME --admin"


def test_a_site_without_a_hub_hears_nothing_of_one(case: MakeCase) -> None:
    assert list(hub.check(case())) == []


def test_a_hub_that_is_not_enrolled_at_and_one_that_does_not_answer(
    case: MakeCase, tmp_path: Path
) -> None:
    examined = case({"hub": {"url": "http://127.0.0.1:1"}})
    (finding,) = wrong(list(hub.check(examined)))
    assert "no credential of a hub" in str(finding.facts["problem"])

    assert examined.settings is not None
    save(examined.settings, Enrolment("http://127.0.0.1:1", "secret"))
    (finding,) = wrong(list(hub.check(examined)))
    assert "is not answering" in str(finding.facts["problem"])


def test_a_hub_whose_credential_is_lost_is_told(case: MakeCase) -> None:
    """Without [hub] url only the record knows that there was a hub."""
    examined = case()
    with examined.record() as session:
        assert session is not None
        uplink.belongs_to(session, "edge")
        session.commit()

    (finding,) = wrong(list(hub.check(examined)))

    assert "no credential of a hub" in str(finding.facts["problem"])


def test_the_board(case: MakeCase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory, heat, power = tmp_path / "meminfo", tmp_path / "thermal", tmp_path / "throttled"
    (heat / "thermal_zone0").mkdir(parents=True)
    (heat / "thermal_zone0" / "temp").write_text("83000\n")
    memory.write_text("MemTotal: 1000000 kB\nMemAvailable: 50000 kB\n")
    power.write_text("50005\n")
    for name, path in (("_MEMINFO", memory), ("_THERMAL", heat), ("_THROTTLED", power)):
        monkeypatch.setattr(board, name, path)

    little, hot, weak = wrong(list(board.check(case())))
    power.write_text("50000\n")
    was_weak = wrong(list(board.check(case())))[-1]

    assert said([little]) == [("warn", "only 48 of 976 MB of memory are free")]
    assert said([hot]) == [("warn", "83 °C inside")]
    assert (weak.level, was_weak.level) == (2, 1)


def test_numbers_are_read_as_they_are_told() -> None:
    numbers = Numbers('# HELP x y\nx{a="1",b="a \\"b\\" \\\\ c"} 2.5\nx{a="2"} 3\ny 4\n')

    assert numbers.samples("x") == [({"a": "1", "b": 'a "b" \\ c'}, 2.5), ({"a": "2"}, 3.0)]
    assert (numbers.value("y"), numbers.value("x"), numbers.value("z")) == (4.0, None, None)
