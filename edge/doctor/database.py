"""The record: there, of this version's schema, whole as far as a few seconds tell."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from edge.doctor.case import Case
from edge.doctor.finding import Finding, _, fail, ok, warn
from traceability import database
from traceability.errors import DatabaseDamaged, DatabaseTooNew, DatabaseUnusable
from traceability.sqlite import losses

# Of reading pages; a season's file is through by then, a larger one is left to `minori db check`.
READ_S = 8.0
_CURE = _("stop the service, then: minori db rescue; or restore a copy: minori restore --help")
# SQLite calls back after so many of its steps.
_STEPS = 100_000


def check(case: Case) -> Iterator[Finding]:
    if case.settings is None:
        return
    url, file = case.settings.database_url, case.file
    if file is not None and not file.exists():
        cure = _("it is made at the first start; if there was one: is its disk mounted?")
        yield warn(_("{file} is not there yet"), cure, file=file)
        return
    try:
        found = database.revision_of(url)
    except DatabaseDamaged as error:
        yield fail("{problem}", _CURE, problem=error)
        return
    except DatabaseTooNew as error:
        cure = _("upgrade Minori; or put back the copy of before: minori restore --help")
        yield fail("{problem}", cure, problem=error)
        return
    except DatabaseUnusable as error:
        cure = _("mend that; where the file itself is lost, put back a copy: minori restore --help")
        yield fail("{problem}", cure, problem=error)
        return
    if found is None and file is not None and database.is_empty(url):
        cure = _("it is filled at the next start; if it held something: minori restore --help")
        yield warn(_("{file} holds nothing yet"), cure, file=file)
        return
    yield _schema(found, make_url(url).render_as_string())
    if file is not None:
        yield from _whole(file)
        yield from _set_aside(file)
        yield from _losses(url)


def _schema(found: str | None, url: str) -> Finding:
    if found == database.head():
        return ok(_("{url} opens; schema {schema}"), url=url, schema=found)
    text = _("schema {found}, this version needs {needed}")
    cure = "minori db upgrade"
    return fail(text, cure, found=found or "-", needed=database.head())


def _whole(file: Path) -> Iterator[Finding]:
    end = time.monotonic() + READ_S
    try:
        with closing(
            sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=1)
        ) as opened:
            opened.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
            said = [str(row[0]) for row in opened.execute("PRAGMA quick_check(1)")]
    except sqlite3.OperationalError as error:
        if "interrupted" not in str(error):
            cure = _("check its permissions, and the disk: dmesg | tail")
            yield fail(_("the file cannot be read ({cause})"), cure, cause=error)
            return
        text = _("no fault in what {seconds} s could read; all of it: minori db check")
        yield ok(text, seconds=round(READ_S))
        return
    except sqlite3.DatabaseError as error:
        said = [str(error)]
    if said == ["ok"]:
        yield ok(_("every page is whole"))
        return
    yield fail(_("the file is damaged ({cause})"), _CURE, cause=said[0].splitlines()[-1])


def _set_aside(file: Path) -> Iterator[Finding]:
    others = [path.name for path in file.parent.glob(f"{file.name}.*") if path.is_file()]
    if others:
        text = _("older files lie beside it: {files}")
        cure = _("they were set aside as damaged or replaced; remove what nobody needs")
        yield warn(text, cure, files=", ".join(sorted(others)[:5]))


def _losses(url: str) -> Iterator[Finding]:
    engine = database.connect(url)
    try:
        with database.reading_session(engine) as session:
            count = len(losses.unseen(session))
    except SQLAlchemyError:
        return  # an older schema, or damaged: said already
    finally:
        engine.dispose()
    if count:
        text = _("{count} losses are on record, from when a damaged file was rescued")
        yield warn(text, _("what is missing is named by: minori db losses"), count=count)
