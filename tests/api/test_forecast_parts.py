"""Sites' and items' forecasts and the crop's are one harvest: they add up each week, to the gram."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from httpx import Client
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from api.forecast_now import by_item, by_site, now_of
from api.forecast_parts import _week, in_ratio
from forecasting import Forecast
from tests.factories import Farm, a_farm, harvested, on_day
from tests.filled import fill
from tests.world import World, a_forecast
from traceability import catalogue, database, forecasts, lots
from traceability.amounts import Amount
from traceability.forecast_subject import Subject
from traceability.forecasts import Made
from traceability.models import TradeItem

MADE_AT = on_day(49).at
WHOLE = 42_000  # grams of the first week's P50, as `a_forecast` has it


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    url = f"sqlite:///{tmp_path / 'minori.db'}"
    fill(url)
    engine = database.open_database(url)
    with database.writing_session(engine) as session:
        yield session
    engine.dispose()


@pytest.fixture
def farms(session: Session) -> tuple[Farm, Farm]:
    """Two sites: the first brought 9 kg lately, the second 5; the whole is forecast."""
    south, north = a_farm(session), a_farm(session, site="north")
    harvested(session, south)
    harvested(session, north, code="N1", weight_g=5000)
    a_forecast(session, south.lettuce)
    _made(session, Subject(south.lettuce), 1.0, MADE_AT)
    return south, north


def _made(session: Session, subject: Subject, times: float, at: datetime = MADE_AT) -> None:
    """Keep the crop's forecast, so many times as much, as that of a subject."""
    whole = forecasts.newest(session, Subject(subject.crop))
    assert whole is not None
    made = Forecast.from_json(whole.body)
    anew = in_ratio(
        made, "", {step.ds: {"": round(step.p50 * 1000 * times)} for step in made.steps}
    )
    record = forecasts.store(
        session, subject, Made(anew.to_json()), made_by="Sato", horizon_weeks=8
    )
    record.made_at = at


def _p50(session: Session, farm: Farm) -> list[int]:
    record = forecasts.newest(session, Subject(farm.lettuce, site=farm.site))
    assert record is not None
    made = now_of(session, record).made
    assert made is not None
    assert all(step.p10 <= step.p50 <= step.p90 for step in made.steps)
    return [round(step.p50 * 1000) for step in made.steps]


def test_two_forecasts_that_say_too_much_are_brought_to_the_whole(
    session: Session, farms: tuple[Farm, Farm]
) -> None:
    """Three quarters and a half of the whole were forecast apart: a fifth too much."""
    _made(session, Subject(farms[0].lettuce, site=farms[0].site), 0.75)
    _made(session, Subject(farms[0].lettuce, site=farms[1].site), 0.5)

    south, north = (_p50(session, farm) for farm in farms)

    assert [a + b for a, b in zip(south, north, strict=True)] == [
        WHOLE + 1000 * week for week in range(8)
    ]
    assert south[0] == pytest.approx(WHOLE * 0.6, abs=1)


def test_a_site_without_a_forecast_has_its_share_of_the_last_eight_weeks(
    session: Session, farms: tuple[Farm, Farm]
) -> None:
    _made(session, Subject(farms[0].lettuce, site=farms[0].site), 0.75)

    division = by_site(session, farms[0].lettuce)

    assert division[date(2026, 7, 20)] == {
        farms[0].site.id: WHOLE * 9 // 14,
        farms[1].site.id: WHOLE * 5 // 14,
    }
    assert _p50(session, farms[0])[0] == WHOLE * 9 // 14


@pytest.fixture
def small(session: Session, farms: tuple[Farm, Farm]) -> TradeItem:
    """An item of 50 g beside the usual one of 80: 7.2 and 3.6 kg of 12 were packed lately."""
    south = farms[0]
    item = catalogue.ensure_trade_item(
        session, south.organisation, "lowk-50", crop=south.lettuce, name="50 g", net_content_g=50
    )
    for code, of, packs in (("P-80", south.bag, 90), ("P-50", item, 72)):
        cut = harvested(
            session, south, code=f"C{code}", weight_g=packs * of.net_content_g * 10 // 9
        )
        lots.pack(
            *(session, on_day(43)),
            inputs=[(cut, None)],
            item=of,
            code=code,
            packs=packs,
            zone=south.store,
        )
    return item


def test_items_are_what_packing_leaves_of_the_whole(
    session: Session, farms: tuple[Farm, Farm], small: TradeItem
) -> None:
    """A planner who adds up the packs of all items must not find more than will be harvested."""
    south = farms[0]
    _made(session, Subject(south.lettuce, item=south.bag), 0.75)
    _made(session, Subject(south.lettuce, item=small), 0.5)

    division = by_item(session, south.lettuce)

    assert [sum(shares.values()) for shares in division.values()] == [
        (WHOLE + 1000 * week) * 9 // 10 for week in range(8)
    ]
    assert division[date(2026, 7, 20)][south.bag.id] == WHOLE * 9 // 10 * 3 // 5
    record = forecasts.newest(session, Subject(south.lettuce, item=small))
    assert record is not None
    shown = now_of(session, record).made
    assert shown is not None
    assert round(shown.steps[0].p50 * 1000) == division[date(2026, 7, 20)][small.id]


def test_what_is_sent_loose_is_in_no_pack(
    session: Session, farms: tuple[Farm, Farm], small: TradeItem
) -> None:
    south = farms[0]
    for whole in forecasts.history(session, Subject(south.lettuce)):
        whole.made_at = MADE_AT
    loose = harvested(session, south, code="loose", weight_g=12_000)
    lots.ship(session, on_day(43), lot=loose, to=south.shop, amount=Amount(weight_g=12_000))
    _made(session, Subject(south.lettuce, item=south.bag), 0.75)

    division = by_item(session, south.lettuce)

    # 12 kg of 24 went to packing and left 10.8; the other item has no forecast: by what was packed.
    assert division[date(2026, 7, 20)] == {
        south.bag.id: WHOLE * 9 // 20 * 2 // 3,
        small.id: WHOLE * 9 // 20 // 3,
    }


@given(st.lists(st.floats(0, 3), min_size=2, max_size=2))
def test_whatever_the_sites_say_not_a_gram_is_made_or_lost(times: list[float]) -> None:
    shares = {str(at): round(WHOLE * part) for at, part in enumerate(times)}

    got = _week(WHOLE, shares)

    assert sum(got.values()) == (WHOLE if any(shares.values()) else 0)


def test_one_site_is_not_divided(client: Client, world: World) -> None:
    assert "By site" not in client.get("/forecasts/lowk", headers={"accept": "text/html"}).text
