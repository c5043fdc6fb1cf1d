"""A database with one site, and what lies in it, for tests of the service."""

from pathlib import Path

from sqlalchemy import Engine, func, select

from edge.settings import Settings
from edge.store import open_store
from tests.filled import fill
from traceability import catalogue
from traceability.database import open_database, sqlite_file, writing_session
from traceability.models import Device, Series, reading


def new_store(folder: Path) -> tuple[Engine, str]:
    """Return an engine on the folder's SQLite file, made if it is not there, and the id of its one site."""
    file = folder / "minori.db"
    url = f"sqlite:///{file}"
    if not file.exists():
        fill(url)
    engine = open_database(url)
    with writing_session(engine) as session:
        farm = catalogue.ensure_organisation(session, "farm", name="Farm")
        site = catalogue.ensure_site(session, farm, "site", name="Site", time_zone="Asia/Tokyo")
        return engine, site.id


def open_new(settings: Settings) -> Engine:
    """Open the settings' SQLite file as a service does, made at once where it is not there yet."""
    file = sqlite_file(settings.database_url)
    assert file is not None
    if not file.exists():
        fill(settings.database_url)
    return open_store(settings, create=True)


def stored(engine: Engine) -> list[tuple[str, str, str, int, float | None, int, int]]:
    """Return every reading: device, quantity, channel, ms, value, quality, reason."""
    query = (
        select(
            Device.code,
            Series.quantity,
            Series.channel,
            reading.c.at_ms,
            reading.c.value,
            reading.c.quality,
            reading.c.reason,
        )
        .join_from(reading, Series, Series.id == reading.c.series_id)
        .join(Device, Device.id == Series.device_id)
        .order_by(reading.c.at_ms, Device.code, Series.quantity)
    )
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(query)]


def count(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(reading)) or 0
