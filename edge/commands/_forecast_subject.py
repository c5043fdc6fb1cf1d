"""What a forecast is of, as people type it: a product, narrowed to an item, a site or a partner."""

from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

import click

from edge.commands._desk import Desk
from traceability import catalogue
from traceability.forecast_subject import Subject
from traceability.models import Site

_P = ParamSpec("_P")
_R = TypeVar("_R")


def narrowing(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Give a command the options that narrow a crop's forecast; see `subject_of`."""
    decorators: tuple[Callable[..., Any], ...] = (
        click.option("--item", metavar="CODE", help="Only what is packed as this trade item."),
        click.option("--site", metavar="CODE", help="Only this site."),
        click.option("--partner", metavar="CODE", help="What this partner will take."),
    )
    for decorate in reversed(decorators):
        function = decorate(function)
    return function


def subject_of(desk: Desk, product: str, narrowed: Mapping[str, str | None]) -> Subject:
    """Return what is forecast: the product's crop, narrowed to an item, a site or a partner."""
    item, site, partner = (narrowed.get(name) for name in ("item", "site", "partner"))
    crop = desk.crop_of_product(product)
    within = {"organisation_id": crop.organisation_id}
    return Subject(
        crop,
        desk.item(item) if item else None,
        catalogue.find(desk.session, Site, site, **within) if site else None,
        desk.party(partner) if partner else None,
    )


def options_of(subject: Subject) -> str:
    """Write the options that narrow it, to be typed again."""
    rows = {"item": subject.item, "site": subject.site, "partner": subject.partner}
    return "".join(f" --{name} {row.code}" for name, row in rows.items() if row is not None)
