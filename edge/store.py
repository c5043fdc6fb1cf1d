"""The database of the settings, and the place they speak of: organisation, site, zones.

The settings are the truth about the place, so they are written into the record before anything is
recorded there; saying it again changes nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, make_url
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, SQLModel

from edge.mending import mended
from edge.settings import Settings
from traceability import catalogue, codes, database
from traceability.codes import Rule
from traceability.errors import BadValue, DatabaseUnusable
from traceability.models import Site
from traceability.sqlite import start
from traceability.sqlite.lease import Lease


def open_store(settings: Settings, *, create: bool = False, mend: bool = False) -> Engine:
    """Return the engine of the settings' database.

    Args:
        create: Make a SQLite file that is not there yet, or was never filled. Looking something
            up never does: a mistyped path would then answer that there are no lots.
        mend: Put a SQLite file in order first, as a service does when it starts: look at it after
            a power cut, and rescue what can be read of a damaged one. May take minutes.

    Raises:
        DatabaseUnusable: not there, not Minori's, or `minori db upgrade` is still to be run.
        DatabaseDamaged: some of its pages are wrong, and it was not to be mended.
        DatabaseTooNew: a newer Minori wrote it; nothing was touched.
    """
    file = database.sqlite_file(settings.database_url)
    if file is None:
        return database.open_database(settings.database_url)
    lease = mended(settings, file) if mend else Lease(file)
    try:
        return _open_file(file, lease, settings.database_url, create=create)
    except BaseException:
        lease.give_back()
        raise


def _open_file(file: Path, lease: Lease, url: str, *, create: bool) -> Engine:
    start.refuse_vanished(file)
    if not file.exists() and not create:
        raise DatabaseUnusable(
            url=url,
            cause="there is no such file yet",
            next_step="check [database] url in minori.toml, or record something first",
        )
    lease.take()
    # Not only where there is no file: a power cut in the first second leaves an empty one.
    if create and database.is_empty(url):
        database.upgrade(url)
    engine = database.open_database(url)
    start.hold(engine, lease)
    return engine


@contextmanager
def opened(settings: Settings, *, create: bool = False) -> Iterator[Engine]:
    """Give the engine of the settings' database while the block runs; errors as `open_store`."""
    engine = open_store(settings, create=create)
    try:
        with _named_trouble(settings):
            yield engine
    finally:
        engine.dispose()


@contextmanager
def reading(settings: Settings) -> Iterator[Session]:
    """Give a session for look-ups in the settings' database."""
    with opened(settings) as engine, database.reading_session(engine) as session:
        yield session


@contextmanager
def reading_what_there_is(settings: Settings) -> Iterator[Session]:
    """As `reading`; of a file that is not there yet, an empty record in memory."""
    file = database.sqlite_file(settings.database_url)
    if file is None or file.exists():
        with reading(settings) as session:
            yield session
        return
    start.refuse_vanished(file)
    engine = database.connect("sqlite://")
    SQLModel.metadata.create_all(engine)
    try:
        with database.reading_session(engine) as session:
            yield session
    finally:
        engine.dispose()


@contextmanager
def writing(settings: Settings) -> Iterator[Session]:
    """Give a session that commits when the block ends well, and keeps nothing when it does not."""
    with opened(settings, create=True) as engine, database.writing_session(engine) as session:
        yield session


def ensure_place(session: Session, settings: Settings) -> Site:
    """Write organisation, site and zones of the settings into the record; return the site."""
    said = settings.site
    owner = catalogue.ensure_organisation(
        session,
        said.organisation,
        name=said.organisation_name or said.organisation,
        **_only_said(gs1_prefix=said.gs1_prefix),
    )
    site = catalogue.ensure_site(
        session,
        owner,
        said.code,
        name=said.name or said.code,
        name_ja=said.name_ja,
        time_zone=said.time_zone,
        origin=said.origin,
        origin_ja=said.origin_ja,
        **_only_said(gln=said.gln, address=said.address, phone=said.phone),
    )
    codes.ensure_rule(session, site, Rule(**settings.lots.model_dump()), since=datetime.now(UTC))
    _ensure_zones(session, site, settings)
    return site


def _only_said(**facts: str) -> dict[str, str]:
    """What the settings leave empty may have been said over HTTP, and stays."""
    return {name: value for name, value in facts.items() if value}


def _ensure_zones(session: Session, site: Site, settings: Settings) -> None:
    rows = {}
    for zone in settings.zones:
        facts = {"name": zone.name or zone.code, "name_ja": zone.name_ja, "kind": zone.kind}
        rows[zone.code] = catalogue.ensure_zone(session, site, zone.code, **facts)
    for zone in settings.zones:
        tank = rows.get(zone.fed_by)
        if zone.fed_by and (tank is None or tank.kind != "tank"):
            raise BadValue(
                field=f"fed_by of zone {zone.code}",
                expected="the code of a zone of kind tank",
                got=zone.fed_by,
                next_step="add the tank under [[zones]], or correct the code",
            )
        catalogue.ensure_feed(session, rows[zone.code], tank, since=datetime.now(UTC))


@contextmanager
def _named_trouble(settings: Settings) -> Iterator[None]:
    """Turn what the driver says of a locked, full or vanished database into our own sentence."""
    try:
        yield
    except OperationalError as error:
        raise DatabaseUnusable(
            url=make_url(settings.database_url).render_as_string(hide_password=True),
            cause=str(error.orig).strip(),
            next_step="nothing was written; see that no other program holds it, then try again",
        ) from error
