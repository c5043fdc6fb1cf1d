"""A case as `minori doctor` makes it, with one thing wrong."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from edge.doctor.case import Case
from edge.doctor.finding import Finding, Level
from edge.doctor.numbers import Numbers
from edge.settings_file import parse
from tests.edge.stores import open_new

NOON = datetime(2026, 11, 25, 3, tzinfo=UTC)
RUNNING = (
    "process_start_time_seconds 1790000000\n"
    "minori_readings_stored_total 7\n"
    "minori_settings_refused 0\n"
    "minori_mqtt_connected 1\n"
)
MakeCase = Callable[..., Case]


@pytest.fixture
def case(tmp_path: Path) -> MakeCase:
    """Return a site with these settings and a database; the words of a running service, if any."""

    def make(
        content: Mapping[str, Any] | None = None, *, numbers: str | None = None, **changed: Any
    ) -> Case:
        settings = parse({"web": {"port": 1}, **(content or {})}).inside(tmp_path)
        open_new(settings).dispose()
        told = None if numbers is None else Numbers(numbers)
        return replace(Case(settings, None, told, "root", NOON), **changed)

    return make


def said(findings: list[Finding]) -> list[tuple[str, str]]:
    """Return the level and the English sentence of each finding."""
    return [(f.level.name.lower(), f.text.format(**f.facts)) for f in findings]


def wrong(findings: list[Finding]) -> list[Finding]:
    found = [finding for finding in findings if finding.level > Level.OK]
    assert all(finding.cure for finding in found), "whoever is told what is wrong is told a cure"
    return found
