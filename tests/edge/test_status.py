"""What the service says of itself: numbers for a collector, lines for a log."""

import asyncio
import io
import json
import logging
from datetime import UTC, datetime

from edge import logs
from edge.agents.intake import Intake
from edge.agents.periodic import every
from edge.agents.poll import DeviceHealth
from edge.bus import Broker, Bus
from edge.clock import ReplayClock
from edge.status import Status
from tests.edge.conftest import until

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


async def test_repeating_work_goes_by_the_clock_that_was_handed_in() -> None:
    done: list[int] = []
    task = asyncio.create_task(every(3600, lambda: done.append(1), ReplayClock(NOON)))
    await until(lambda: len(done) >= 3)
    task.cancel()
