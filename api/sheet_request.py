"""The first table of every sheet: what was asked for, under which rule, what a lot is here."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from api.i18n import Reader
from api.sheets import Sheet
from traceability.fsma import Request
from traceability.models import LotRule, Organisation, Site


def table(
    reader: Reader,
    session: Session,
    owner: Organisation,
    request: Request,
    rule: str,
    made: Sequence[Sheet],
    *,
    now: datetime,
) -> Sheet:
    """Return the request with how many rows each of the tables `made` has."""
    _ = reader
    sites = session.exec(
        select(Site).where(Site.organisation_id == owner.id).order_by(col(Site.code))
    ).all()
    zone = sites[0].time_zone if sites else "UTC"
    rows: list[tuple[str, object]] = [
        (_("Farm"), _.name(owner)),
        (_("Regulation"), rule),
        (_("Lot"), request.lot.code if request.lot else _("all")),
        (_("Events from"), _.moment(request.start, zone) if request.start else _("the beginning")),
        (_("Events until"), _.moment(request.end, zone) if request.end else _("now")),
        (_("Made at"), f"{_.moment(now, zone)} {zone}"),
        (_("Days are those of"), ", ".join(dict.fromkeys(site.time_zone for site in sites))),
        *((sheet.title, len(sheet.rows)) for sheet in made),
        *_definitions(_, session, sites),
    ]
    return Sheet(_("Request"), [_("What"), _("Value")], rows, "request", ["what", "value"])


def _definitions(
    _: Reader, session: Session, sites: Sequence[Site]
) -> Iterator[tuple[str, object]]:
    """What the farm calls a lot, and how it writes a lot's code, is kept with the data."""
    for site in sites:
        rules = session.exec(
            select(LotRule).where(LotRule.site_id == site.id).order_by(col(LotRule.since))
        )
        for rule in rules:
            since = _.full(rule.since.astimezone(ZoneInfo(site.time_zone)).date())
            name = _("A lot at {site} since {day}", site=_.name(site), day=since)
            said = rule.definition_ja if _.language == "ja" else ""
            yield name, said or rule.definition or _("not defined")
            if rule.code_pattern:
                yield _("Its code"), rule.code_pattern
