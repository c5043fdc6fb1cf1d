"""What a damaged database cost, in the reader's words, until somebody took notice of it."""

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session, col, select

from api.i18n import Reader
from traceability.models import Site, StoreLoss
from traceability.sqlite import losses

# A page names so many; all of them are the command's.
MOST = 5


def news(session: Session, reader: Reader) -> list[str]:
    """Return a sentence for each loss that nobody has acknowledged."""
    found = losses.unseen(session)
    site = session.exec(select(Site).order_by(col(Site.code))).first()
    zone = site.time_zone if site else "UTC"
    said = [_said(reader, loss, zone) for loss in found[:MOST]]
    if len(found) > MOST:
        said.append(reader("and {count} more: minori db losses", count=len(found) - MOST))
    return said


def _said(_: Reader, loss: StoreLoss, zone: str) -> str:
    kinds = _kinds(_)
    what = kinds.get(loss.what, _("Table {name}", name=loss.what))
    facts = {
        "what": f"{what} ({loss.subject})" if loss.subject else what,
        "rows": "?" if loss.rows is None else _.number(loss.rows),
        "start": _edge(_, loss.start, zone),
        "end": _edge(_, loss.end, zone),
    }
    if loss.why == "unreadable" and loss.what == losses.EVERYTHING:
        return _("Nothing could be read of the database; it is kept as {file}.", file=loss.file)
    if loss.why == "unreadable":
        return _("{what}: some or all are missing between {start} and {end}.", **facts)
    if loss.why == "orphan":
        return _("{what}: {rows} left out, because what they belong to is lost.", **facts)
    if loss.why == "torn":
        return _("The last {rows} transactions are lost; the last reading left: {start}.", **facts)
    return _("{what}: {rows} pieced together; look them over.", **facts)


def _kinds(_: Reader) -> Mapping[str, str]:
    return {
        "reading": _("Readings"),
        "act": _("Acts"),
        "act_line": _("Lines of acts"),
        "lot": _("Lots"),
        "flow": _("Links between lots"),
        "rollup_minute": _("Averages by minute"),
        "rollup_hour": _("Averages by hour"),
        "rollup_day": _("Averages by day"),
        "alarm": _("Alarms"),
    }


def _edge(reader: Reader, said: str, zone: str) -> str:
    """Return where a stretch ends: a moment in the site's time, or a key as it is."""
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        return said or "…"
    return reader.moment(at, zone) if at.tzinfo else said
