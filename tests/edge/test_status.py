"""What the service says of itself: numbers for a collector, lines for a log."""

import asyncio
import io
import json
import logging
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from edge import logs
from edge.agents.intake import Intake
from edge.agents.periodic import every
from edge.agents.poll import DeviceHealth
from edge.bus import Broker, Bus
from edge.clock import ReplayClock
from edge.metrics_file import MetricsFile, file_of
from edge.process_metrics import process_metrics
from edge.settings_file import parse
from edge.status import Status
from edge.store_metrics import StoreMetrics
from edge.tally import Tally
from sensors import Quality, Reading, Reason
from tests.edge.conftest import until
from tests.edge.processes import start
from tests.edge.stores import open_new
from traceability.readings import Delivery

NOON = datetime(2026, 11, 1, 3, tzinfo=UTC)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


async def test_numbers_of_devices_and_refusals_are_in_prometheus_form() -> None:
    status = Status(Intake(), Bus(Broker("127.0.0.1", 1, "me")))
    status.recorded.rows = 7
    status.devices['the "big" room'] = DeviceHealth(answers=3)
    status.devices['the "big" room'].faults["no_answer"] += 2
    status.refusals.add("not_json", at=NOON, source="t", payload=b"{", why="t: not readable")

    text = status.text()

    assert "minori_readings_stored_total 7\n" in text
    assert 'minori_device_answers_total{device="the \\"big\\" room"} 3\n' in text
    assert 'minori_device_faults_total{device="the \\"big\\" room",code="no_answer"} 2\n' in text
    assert 'minori_refused_total{code="not_json"} 1\n' in text
    names = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
    assert len(names) == len(set(names)), "a metric is announced once"
    assert status.summary().startswith("7 readings stored, 1 refused, 0 waiting")


def test_a_log_line_is_words_on_a_terminal_and_json_elsewhere() -> None:
    terminal, pipe = Terminal(), io.StringIO()
    for stream in (terminal, pipe):
        logs.configure(stream)
        logging.getLogger("edge.bus").warning("broker %s", "gone", extra={"code": "broker_lost"})

    assert terminal.getvalue().endswith("WARNING broker gone\n")
    line = json.loads(pipe.getvalue())
    assert (line["event"], line["code"], line["level"]) == ("broker gone", "broker_lost", "warning")


def test_under_journald_a_line_begins_with_its_priority(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`journalctl -p warning` shows what journald was told, not what the words sound like."""
    with (tmp_path / "journal").open("w+") as journal:
        stat = os.fstat(journal.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{stat.st_dev}:{stat.st_ino}")
        logs.configure(journal)
        log = logging.getLogger("edge")
        for level in (logging.CRITICAL, logging.ERROR, logging.WARNING, logging.INFO):
            log.log(level, "室1\nsecond line")
        lines = (tmp_path / "journal").read_text().splitlines()

    assert [line[:3] for line in lines] == ["<2>", "<3>", "<4>", "<6>"]
    assert all(json.loads(line[3:])["event"] == "室1\nsecond line" for line in lines)


async def test_a_service_under_journald_ends_with_a_line_that_is_filed(
    tmp_path: Path,
) -> None:
    """Its last words are what an operator looks for first; a bare sentence would have no level."""
    log, file = tmp_path / "log", tmp_path / "minori.toml"
    log.touch()
    file.write_text(
        "[mqtt]\nhost = 'x'\n[[ports]]\nname = 'a'\ndevice = '/dev/x'\n"
        "[[devices]]\nname = 'p'\nport = 'a'\nmodel = 'no_such_model'\n"
    )
    stat = log.stat()
    environment = {**os.environ, "JOURNAL_STREAM": f"{stat.st_dev}:{stat.st_ino}"}
    agent = start("agent", "--config", str(file), log=log, environment=environment)

    assert agent.wait(60) == 2
    last = log.read_text().splitlines()[-1]
    assert last.startswith("<2>")
    assert json.loads(last[3:])["code"] == "unknown_model"


def test_every_field_of_a_line_is_documented() -> None:
    stream = io.StringIO()
    logs.configure(stream)
    logs.say_end(ValueError("a bug"))
    page = Path(__file__).parents[2] / "docs" / "operating.md"

    fields = set(json.loads(stream.getvalue()))
    assert fields == {"time", "level", "logger", "event", "code", "traceback"}
    assert [f for f in fields if f"| `{f}` |" not in page.read_text(encoding="utf-8")] == []


def test_numbers_as_a_file_are_put_in_place_whole_and_go_with_the_service(tmp_path: Path) -> None:
    settings = parse({"metrics": {"file": "numbers.prom"}}).inside(tmp_path)
    file = file_of(settings, "agent")
    assert file == tmp_path / "numbers.prom"
    assert file_of(settings, "web") is None

    async def write() -> None:
        task = asyncio.create_task(MetricsFile(file, lambda: "minori_x 1\n").run())
        await until(file.exists)
        assert file.read_text() == "minori_x 1\n"
        assert [path.name for path in tmp_path.iterdir()] == ["numbers.prom"]
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(write())
    assert not file.exists()


async def test_a_folder_that_is_not_there_is_said_once_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.metrics_file.EVERY_S", 0.001)
    asked: list[int] = []

    def text() -> str:
        asked.append(1)
        return ""

    task = asyncio.create_task(MetricsFile(tmp_path / "no" / "n.prom", text).run())
    await until(lambda: len(asked) > 3)
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert [record.code for record in caplog.records] == ["metrics_file"]


def test_under_systemd_numbers_lie_in_the_runtime_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert file_of(parse({}), "agent") is None
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))

    assert file_of(parse({}), "agent") == tmp_path / "agent.prom"
    assert file_of(parse({}), "web") == tmp_path / "web.prom"


def test_what_the_process_costs_has_the_names_that_dashboards_know() -> None:
    numbers = {metric.name: list(metric.samples) for metric in process_metrics()}

    (_, resident) = numbers["process_resident_memory_bytes"][0]
    (_, began) = numbers["process_start_time_seconds"][0]
    assert 10e6 < resident < 10e9
    assert 0 < time.time() - began < 1e6
    assert numbers["process_cpu_seconds_total"][0][1] > 0
    assert numbers["process_open_fds"][0][1] > 2


def test_readings_are_counted_by_quality_once_the_store_has_them() -> None:
    good, bad = (
        Reading("p", "co2", 800.0, NOON, quality=quality, reason=reason)
        for quality, reason in ((Quality.GOOD, Reason.NONE), (Quality.BAD, Reason.NO_VALUE))
    )
    tally = Tally(lambda deliveries: 2)

    assert tally.append([Delivery([good, good]), Delivery([bad])]) == 2

    (metric,) = tally.metrics()
    assert {labels["quality"]: n for labels, n in metric.samples if n} == {"good": 2, "bad": 1}


def test_the_size_of_the_store_is_told(tmp_path: Path) -> None:
    settings = parse({}).inside(tmp_path)
    engine = open_new(settings)

    numbers = {m.name: next(iter(m.samples))[1] for m in StoreMetrics(engine)()}

    assert numbers["minori_database_bytes"] > 10_000
    # Making the tables may leave a page or two free.
    assert numbers["minori_database_free_bytes"] < numbers["minori_database_bytes"] / 10
    engine.dispose()
    assert list(StoreMetrics(create_engine("postgresql+psycopg://u@h/db"))()) == []


def test_what_deleted_rows_left_is_told(tmp_path: Path) -> None:
    """The file does not shrink; whoever watches it must see that there is room in it."""
    engine = open_new(parse({}).inside(tmp_path))
    with engine.execution_options(write=True).begin() as connection:
        connection.execute(text("CREATE TABLE much (what BLOB)"))
        connection.execute(text("INSERT INTO much VALUES (zeroblob(1000000))"))
        connection.execute(text("DELETE FROM much"))

    numbers = {m.name: next(iter(m.samples))[1] for m in StoreMetrics(engine)()}

    assert numbers["minori_database_free_bytes"] > 900_000
    engine.dispose()


async def test_repeating_work_goes_by_the_clock_that_was_handed_in() -> None:
    done: list[int] = []
    task = asyncio.create_task(every(3600, lambda: done.append(1), ReplayClock(NOON)))
    await until(lambda: len(done) >= 3)
    task.cancel()
