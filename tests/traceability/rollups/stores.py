"""A store with a site in each of several time zones, for series made anew for every example."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from sensors import to_ms
from traceability import catalogue, readings
from traceability.database import writing_session
from traceability.resolutions import DAY_MS, HOUR_MS

START_MS = to_ms(datetime(2026, 3, 27, 22, 10, 5, tzinfo=UTC))
# One with a clock change in the test's days, one whose midnight is on a half hour, one plain.
ZONES = ("Europe/Berlin", "Asia/Kolkata", "Asia/Tokyo")

# One database for all examples of a test. Not shrunk: an example takes a tenth of a second here.
examples = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.generate],
    print_blob=True,
)

# ms, value, quality
Row = tuple[int, float | None, int]

times = st.one_of(
    st.integers(0, 4 * DAY_MS),
    st.integers(0, 4 * 24).map(lambda hour: hour * HOUR_MS - START_MS % HOUR_MS),
    st.integers(0, 200).map(lambda i: i * 10_000),
)
values = st.one_of(st.none(), st.floats(-1000, 1000), st.integers(0, 3).map(float))
said = st.builds(
    lambda at, value, quality: (START_MS + at, value, quality), times, values, st.integers(0, 3)
)
batches = st.lists(st.lists(said, min_size=1, max_size=30), min_size=1, max_size=6)


@dataclass
class Store:
    engine: Engine
    sites: dict[str, str]
    names: Iterator[int]
    made: dict[int, tuple[str, str]] = field(default_factory=dict)  # series -> device, site

    @classmethod
    def on(cls, engine: Engine) -> "Store":
        with writing_session(engine) as session:
            farm = catalogue.ensure_organisation(session, "farm", name="Farm")
            sites = {
                zone: catalogue.ensure_site(session, farm, f"s{i}", name="S", time_zone=zone).id
                for i, zone in enumerate(ZONES)
            }
        return cls(engine, sites, count())

    def series(self, zone: str) -> int:
        with self.engine.execution_options(write=True).begin() as connection:
            device = f"probe-{next(self.names)}"
            series_id = readings.ensure_series(connection, self.sites[zone], device, "co2")
        self.made[series_id] = (device, self.sites[zone])
        return series_id

    def device(self, series_id: int) -> str:
        return self.made[series_id][0]

    def site_of(self, series_id: int) -> str:
        return self.made[series_id][1]

    def insert(self, series_id: int, rows: list[Row]) -> None:
        with self.engine.execution_options(write=True).begin() as connection:
            readings.insert_readings(connection, [(series_id, *row, 0) for row in rows])
