"""Forecasts as records: of a crop, an item, a site or a partner; kept, found, asked for in time."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from tests.factories import Farm, a_farm, harvested, on_day, packed
from traceability import catalogue, forecasts, lots, orders, voiding, yields
from traceability.amounts import Amount
from traceability.errors import BadValue, NotFound
from traceability.forecast_subject import Subject, of_key, of_record
from traceability.forecasts import Made

LATER = on_day(42 + 21).at


@pytest.fixture
def farm(session: Session) -> Farm:
    return a_farm(session)


def grams(session: Session, subject: Subject) -> list[int]:
    return [week.weight_g for week in yields.weekly(session, subject, until=LATER)]


def test_each_subject_has_a_history_of_its_own(session: Session, farm: Farm) -> None:
    bags = packed(session, farm)
    lots.ship(session, on_day(43), lot=bags, to=farm.shop, amount=Amount(pieces=40))
    lots.ship(session, on_day(50), lot=bags, to=farm.shop, amount=Amount(pieces=10))
    crop = farm.lettuce

    assert grams(session, Subject(crop)) == [9000, 0, 0]
    assert grams(session, Subject(crop, item=farm.bag)) == [8000, 0, 0]
    assert grams(session, Subject(crop, partner=farm.shop)) == [3200, 800, 0]
    assert grams(session, Subject(crop, partner=farm.supplier)) == []
    assert grams(session, Subject(crop, site=farm.site)) == [9000, 0, 0]


def test_a_second_site_counts_only_its_own(session: Session, farm: Farm) -> None:
    harvested(session, farm)
    north = a_farm(session, site="north")

    assert grams(session, Subject(farm.lettuce, site=north.site)) == []

    harvested(session, north, code="N1", weight_g=5000)

    assert grams(session, Subject(farm.lettuce, site=north.site)) == [5000, 0, 0]
    assert grams(session, Subject(farm.lettuce)) == [14_000, 0, 0]


def test_a_shipment_taken_back_was_never_taken(session: Session, farm: Farm) -> None:
    bags = packed(session, farm)
    act = lots.ship(session, on_day(43), lot=bags, to=farm.shop, amount=Amount(pieces=40))
    voiding.void(session, on_day(44), act=act)

    assert grams(session, Subject(farm.lettuce, partner=farm.shop)) == []


def test_what_came_of_the_running_week_is_not_history_yet(session: Session, farm: Farm) -> None:
    harvested(session, farm)

    week = yields.running_week(session, Subject(farm.lettuce), until=on_day(43).at)

    assert week is not None
    assert week.weight_g == 9000
    assert yields.weekly(session, Subject(farm.lettuce), until=on_day(43).at) == []


@pytest.mark.parametrize(
    "names", [(), ("item",), ("site",), ("partner",), ("item", "site", "partner")]
)
def test_a_job_and_a_record_know_what_they_are_of(
    session: Session, farm: Farm, names: tuple[str, ...]
) -> None:
    rows = {"item": farm.bag, "site": farm.site, "partner": farm.shop}
    subject = Subject(farm.lettuce, **{name: rows[name] for name in names})  # type: ignore[arg-type]

    job = forecasts.request(session, subject, by="Tanaka", at=LATER)
    record = forecasts.store(session, subject, Made("{}"), made_by="Tanaka", horizon_weeks=8)

    assert of_key(session, job.subject).ids == subject.ids
    assert of_record(session, record).ids == subject.ids
    assert forecasts.newest(session, subject) == record


def test_one_subjects_forecast_is_not_anothers(session: Session, farm: Farm) -> None:
    whole, shop = Subject(farm.lettuce), Subject(farm.lettuce, partner=farm.shop)
    kept = forecasts.store(session, whole, Made("{}"), made_by="Sato", horizon_weeks=8)
    forecasts.store(session, shop, Made("{}"), made_by="Sato", horizon_weeks=8)

    assert forecasts.newest(session, whole) == kept
    assert [one.ids for one in forecasts.known(session, farm.lettuce)] == [whole.ids, shop.ids]


def test_a_job_about_what_is_gone_says_so(session: Session, farm: Farm) -> None:
    with pytest.raises(NotFound, match="no party 'nobody'"):
        of_key(session, f"{farm.lettuce.id}|||nobody")


def test_another_crops_item_is_refused(session: Session, farm: Farm) -> None:
    basil = catalogue.ensure_crop(
        session, farm.organisation, "basil", name="Basil", largest_head_g=60
    )

    with pytest.raises(BadValue, match="a trade item of crop basil"):
        Subject(basil, item=farm.bag)


def test_with_a_crop_come_its_sites_and_partners(session: Session, farm: Farm) -> None:
    """Nobody should have to ask for each shop each Monday; nobody asked about a crop: nothing."""
    bags = packed(session, farm)
    lots.ship(session, on_day(43), lot=bags, to=farm.shop, amount=Amount(pieces=40))
    assert forecasts.due(session, at=LATER) == []

    whole = Subject(farm.lettuce)
    old = forecasts.store(session, whole, Made("{}"), made_by="Sato", horizon_weeks=8)
    old.made_at = LATER - timedelta(days=2)
    session.flush()

    # One site: its forecast is the crop's.
    assert [one.label for one in forecasts.due(session, at=LATER)] == ["lowk for mart"]

    north = a_farm(session, site="north")
    harvested(session, north, code="N1")
    labels = ["lowk at main", "lowk at north", "lowk for mart"]
    assert [one.label for one in forecasts.due(session, at=LATER)] == labels

    small = catalogue.ensure_trade_item(
        *(session, farm.organisation, "lowk-50"),
        crop=farm.lettuce,
        name="Lettuce 50 g",
        net_content_g=50,
    )
    cut = harvested(session, farm, code="L2")
    facts = {"item": small, "code": "P-50", "packs": 90, "zone": farm.store}
    lots.pack(session, on_day(43), inputs=[(cut, None)], **facts)  # type: ignore[arg-type]
    labels[2:2] = ["lowk-50", "lowk-80"]
    assert [one.label for one in forecasts.due(session, at=LATER)] == labels

    forecasts.request(session, Subject(farm.lettuce, site=north.site), by="weekly", at=LATER)
    assert len(forecasts.due(session, at=LATER)) == 4
    much_later = LATER + timedelta(weeks=40)
    assert [one.label for one in forecasts.due(session, at=much_later)] == ["lowk"]


def test_what_was_ordered_is_what_was_wanted_shipped_or_not(session: Session, farm: Farm) -> None:
    """A shop that ordered 8 kg and got 3 wants 8; the promise is judged by the 3."""
    bags = packed(session, farm)
    lots.ship(session, on_day(43), lot=bags, to=farm.shop, amount=Amount(pieces=40))
    shop = Subject(farm.lettuce, partner=farm.shop)

    def order(day: int, weight_g: int) -> None:
        orders.order(
            *(session, farm.lettuce, farm.shop),
            week=on_day(day).at.date(),
            weight_g=weight_g,
            by="Sato",
            at=on_day(day).at,
        )

    for day, weight_g in ((36, 5000), (44, 9000), (44, 8000), (90, 1000)):
        order(day, weight_g)

    assert [w.weight_g for w in yields.wanted(session, shop, until=LATER)] == [5000, 8000, 0, 0]
    assert grams(session, shop) == [3200, 0, 0]
    item = Subject(farm.lettuce, item=farm.bag, partner=farm.shop)
    assert [w.weight_g for w in yields.wanted(session, item, until=LATER)] == [3200, 0, 0]
