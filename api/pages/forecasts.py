"""Forecasts: what may come, beside what came last year, and how wrong we were before."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import Session, col, select

from api import charts, words
from api.deps import FormSaid, InWeb, ReadSession, SignedIn, WriteSession
from api.figures import Figure
from api.forecast_now import Now, by_item, by_site, now_of
from api.forecast_parts import Division
from api.forecast_subject import AskedOf, Narrowed, address_of
from api.forecast_summary import sentences
from api.i18n import Reader
from api.language import reader_of
from api.refused_forecast import sentence_of
from api.templating import page
from forecasting import Forecast, ForecastingError, LotsNow, Step
from traceability import forecasts, growing, remarks, yields
from traceability.forecast_subject import Subject
from traceability.models import Crop, ForecastRecord, Party, Site, TradeItem

router = APIRouter(include_in_schema=False)

# So many past weeks are drawn before the forecast begins.
_WEEKS_BACK = 16
_YEAR, _WEEK = timedelta(weeks=52), timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Shown:
    """One subject's forecast as a page shows it; `made` is None where there is a refusal."""

    subject: Subject
    record: ForecastRecord | None
    made: Forecast | None
    refusal: str
    figure: Figure | None
    last_year: dict[date, float]
    holds: Now | None = None

    @property
    def crop(self) -> Crop:
        return self.subject.crop

    @property
    def lots(self) -> LotsNow | None:
        return self.holds.lots if self.holds else None

    @property
    def lots_at(self) -> datetime | None:
        return self.holds.lots_at if self.holds else None

    def percent_off(self, score: str) -> float | None:
        """Return the error of past forecasts as a share of all that came (WAPE)."""
        if self.made is None or score not in self.made.backtest:
            return None
        return self.made.backtest[score].wape


@router.get("/forecasts")
def overview(request: Request, session: ReadSession, web: InWeb) -> Response:
    crops = session.exec(select(Crop).order_by(col(Crop.code))).all()
    reader = reader_of(request)
    shown = [_shown(session, reader, Subject(crop), web.now()) for crop in crops]
    return page(request, "forecasts.html", shown=shown)


@router.get("/forecasts/{crop}")
def one(
    crop: str,
    narrowed: AskedOf,
    request: Request,
    session: ReadSession,
    viewer: SignedIn,
    web: InWeb,
) -> Response:
    subject = narrowed.of(session, crop, viewer)
    shown = _shown(session, reader_of(request), subject, web.now())
    earlier = forecasts.history(session, subject, limit=20)[1:]
    asked = "asked" in request.query_params
    site = session.exec(select(Site).order_by(col(Site.code))).first()
    zone = site.time_zone if site else "UTC"
    known = [one for one in forecasts.known(session, subject.crop) if one.ids != subject.ids]
    return page(
        request,
        "forecast.html",
        shown=shown,
        earlier=earlier,
        asked=asked,
        zone=zone,
        address_of=address_of,
        others=[one for one in known if one.partner is None or viewer.may_write],
        summary=sentences(session, reader_of(request), subject.crop, at=web.now())
        if subject.is_whole and viewer.may_write
        else [],
        beside=[
            sentence_of(reader_of(request), note.code, note.sentence, note.facts)
            for note in (shown.made.notes if shown.made else ())
        ],
        words_on=remarks.overrides(session, subject.crop, since=web.now().date() - _WEEK),
        excluded=remarks.excluded(session, subject.crop),
        # Lots become items and go to partners later: what grows is a crop's, or a site's of it.
        grows=subject.item is None and subject.partner is None,
        plans=growing.plans(session, subject) if viewer.may_write else (),
        by_site=_by(session, Site, by_site(session, subject.crop)) if subject.is_whole else None,
        by_item=_by(session, TradeItem, by_item(session, subject.crop))
        if subject.is_whole
        else None,
        basis=words.lot_bases(reader_of(request)),
        choices=_choices(session, subject.crop) if viewer.may_write else None,
    )


@router.post("/forecasts/{crop}")
def ask(
    crop: str, narrowed: AskedOf, session: WriteSession, viewer: SignedIn, web: InWeb
) -> Response:
    """Ask for a new forecast; it is made outside this process and appears when it is ready."""
    subject = narrowed.of(session, crop, viewer)
    forecasts.request(session, subject, by=viewer.name or "somebody here", at=web.now())
    address = address_of(subject)
    return RedirectResponse(f"{address}{'&' if '?' in address else '?'}asked=1", 303)


@router.post("/forecasts/{crop}/narrowed")
def ask_narrowed(
    crop: str, said: FormSaid, session: WriteSession, viewer: SignedIn, web: InWeb
) -> Response:
    """Ask for a forecast of what a form says: an item, a site, a partner, or several of them."""
    narrowed = Narrowed(*(said.get(name) for name in ("item", "site", "partner")))
    return ask(crop, narrowed, session, viewer, web)


def _by(
    session: Session, model: type[Any], division: Division
) -> tuple[list[Site | TradeItem], list[tuple[date, list[float]]]] | None:
    """Return the parts of a crop, and each week's kilograms in their order; None for one part."""
    ids = {part for shares in division.values() for part in shares}
    parts = sorted((session.get_one(model, part) for part in ids), key=lambda part: part.code)
    if len(parts) < 2:
        return None
    return parts, [
        (week, [shares.get(part.id, 0) / 1000 for part in parts])
        for week, shares in division.items()
    ]


def _choices(session: Session, crop: Crop) -> dict[str, Sequence[TradeItem | Site | Party]]:
    """Return by what a crop may be narrowed, each only where there is a choice."""
    owner = crop.organisation_id
    items = session.exec(
        select(TradeItem).where(TradeItem.crop_id == crop.id).order_by(col(TradeItem.code))
    ).all()
    sites = session.exec(
        select(Site).where(Site.organisation_id == owner).order_by(col(Site.code))
    ).all()
    partners = select(Party).where(Party.organisation_id == owner, Party.role == "partner")
    return {
        "item": items,
        "site": sites if len(sites) > 1 else [],
        "partner": session.exec(partners.order_by(col(Party.code))).all(),
    }


def _shown(session: Session, reader: Reader, subject: Subject, now: datetime) -> Shown:
    record = forecasts.newest(session, subject)
    if record is None:
        return Shown(subject, None, None, "", None, {})
    try:
        holds = now_of(session, record)
    except ForecastingError as error:
        return Shown(subject, record, None, str(error), None, {})
    made = holds.made
    if made is None:
        said = json.loads(record.body)
        code = str(record.refusal)
        message = str(said.get("message", code))
        refusal = sentence_of(reader, code, message, said.get("facts", {}))
        return Shown(subject, record, None, refusal, None, {}, holds)
    known = yields.wanted(session, subject, until=now)
    weeks = {week.monday: week.weight_g / 1000 for week in known}
    figure = _figure(reader, subject, made, weeks)
    last_year = {step.ds: weeks[step.ds - _YEAR] for step in made.steps if step.ds - _YEAR in weeks}
    return Shown(subject, record, made, "", figure, last_year, holds)


def _figure(reader: Reader, subject: Subject, made: Forecast, weeks: dict[date, float]) -> Figure:
    _, first = reader, made.steps[0].ds
    came, title = words.forecast_histories(reader)[_came(subject)]
    history = [(ds, kg) for ds, kg in sorted(weeks.items()) if ds < first][-_WEEKS_BACK:]
    drawn = [ds for ds, _kg in history] + [step.ds for step in made.steps]
    last_year = {ds: weeks[ds - _YEAR] for ds in drawn if ds - _YEAR in weeks}
    legend = [
        ("past", came),
        ("p50", _("Expected (P50)")),
        ("fan", _("Likely range (P10 to P90)")),
        (
            "naive",
            _(
                "Simple line: {name}",
                name=words.naive_lines(reader).get(made.naive_name, made.naive_name),
            ),
        ),
        ("last-year", _("Last year's truth")),
    ]
    return Figure(
        title=title,
        unit="kg",
        key="fan",
        summary=_in_words(reader, made.steps),
        plot=charts.fan_plot(history, made.steps, last_year=last_year, say=reader.number),
        head=[
            _("Week from"),
            "P10",
            "P50",
            "P90",
            _("Simple line"),
            _("Last year"),
            _("From lots"),
        ],
        rows=[_row(reader, step, last_year.get(step.ds)) for step in made.steps],
        legend=legend if last_year else legend[:-1],
    )


def _came(subject: Subject) -> str:
    if subject.partner is not None:
        return "ship"
    return "harvest" if subject.item is None else "pack"


def _in_words(reader: Reader, steps: Sequence[Step]) -> str:
    low, mid, high = (sum(getattr(s, p) for s in steps) for p in ("p10", "p50", "p90"))
    return reader(
        "Over {weeks} weeks {mid} kg are expected; each week is likely to stay within its range "
        "(added up: {low} to {high} kg).",
        weeks=len(steps),
        low=reader.number(low),
        mid=reader.number(mid),
        high=reader.number(high),
    )


def _row(reader: Reader, step: Step, last_year: float | None) -> list[str]:
    values = (step.p10, step.p50, step.p90, step.naive, last_year)
    numbers = ["–" if v is None else reader.number(v, 1) for v in values]
    return [reader.short(step.ds), *numbers, reader.percent(step.lots_share)]
