"""Promises: divided, frozen, looked at again. On both engines; assembled as pages do it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlmodel import Session

from api.promising import Asked, divided, promise, week_of
from forecasting import Forecast
from tests.factories import START, Farm, a_farm, harvested, on_day, packed
from tests.world import a_forecast
from traceability import (
    acts,
    catalogue,
    contracts,
    forecasts,
    lots,
    packing_loss,
    promises,
    remarks,
    voiding,
)
from traceability.amounts import Amount
from traceability.errors import BadValue, NotFound, PromiseFrozen
from traceability.forecast_subject import Subject
from traceability.forecasts import Made
from traceability.models import Party, Promise

# The forecast of tests.world begins on this Monday: P10 30, P50 42, P90 55, last year 40.
WEEK = date(2026, 7, 20)
NOW = on_day(48).at


@pytest.fixture
def farm(session: Session) -> Farm:
    farm = a_farm(session)
    bags = packed(session, farm)
    lots.ship(session, on_day(43), lot=bags, to=farm.shop, amount=Amount(pieces=40))
    a_forecast(session, farm.lettuce)
    return farm


@pytest.fixture
def coop(session: Session, farm: Farm) -> Party:
    return catalogue.ensure_party(session, farm.organisation, "coop", name="Coop")


def agree(session: Session, farm: Farm, partner: Party, weekly_g: int, **facts: object) -> None:
    about = {"priority": 1, "since": date(2026, 1, 5), "until": None} | facts
    contracts.agree(
        *(session, farm.lettuce, partner),
        weekly_g=weekly_g,
        by="Sato",
        at=NOW,
        **about,  # type: ignore[arg-type]
    )


def asked(farm: Farm, partner: Party, **facts: object) -> Asked:
    about = {"crop": farm.lettuce, "partner": partner, "week": WEEK} | facts
    return Asked(**about)  # type: ignore[arg-type]


def test_at_the_usual_confidence_p10_is_promised_and_no_more(session: Session, farm: Farm) -> None:
    """P10 of the harvest is 30 kg; packing left 8 kg of 9, and outer leaves are not promised."""
    made = promise(session, asked(farm, farm.shop), by="Sato", at=NOW)

    assert (made.weight_g, made.remainder_g) == (26_666, 0)
    assert made.p10_g == 30_000
    assert made.shortfall == pytest.approx(0.1, abs=1e-4)
    assert (made.naive_g, made.model_g, made.agreed_g) == (40_000, 42_000, 42_000)
    assert (made.made_by, made.agronomist_g) == ("Sato", None)
    assert made.packing_share == pytest.approx(8 / 9)  # kept, whatever packing leaves later


def test_more_confidence_promises_less(session: Session, farm: Farm) -> None:
    made = promise(session, asked(farm, farm.shop, confidence=0.95), by="Sato", at=NOW)

    assert made.weight_g < 26_666
    assert made.shortfall == pytest.approx(0.05, abs=1e-4)


def test_whole_packs_and_whole_cases(session: Session, farm: Farm) -> None:
    made = promise(
        session, asked(farm, farm.shop, item=farm.bag, packs_per_case=20), by="Sato", at=NOW
    )

    # 333 packs of 80 g, of which 16 cases of 20 are whole.
    assert (made.cases, made.packs, made.weight_g) == (16, 320, 25_600)
    assert made.remainder_g == 1_066
    again = promise(
        session, asked(farm, farm.shop, item=farm.bag, week=WEEK + timedelta(7)), by="Sato", at=NOW
    )
    assert again.packs_per_case == 20  # as last time


def test_a_contract_comes_first_and_what_stands_is_not_given_twice(
    session: Session, farm: Farm, coop: Party
) -> None:
    agree(session, farm, coop, 12_000)
    first = promise(session, asked(farm, coop), by="Sato", at=NOW)
    second = promise(session, asked(farm, farm.shop), by="Sato", at=NOW)

    assert (first.weight_g, second.weight_g) == (12_000, 14_666)
    assert (first.remainder_g, second.remainder_g) == (14_666, 0)
    shares, given = divided(session, farm.lettuce, WEEK, total_g=30_000, at=NOW)
    assert given == {"coop": 12_000, "mart": 14_666}
    assert sum(shares.by_name.values()) + shares.remainder_g == 30_000


def test_who_neither_has_a_contract_nor_took_anything_is_promised_nothing(
    session: Session, farm: Farm, coop: Party
) -> None:
    assert promise(session, asked(farm, coop), by="Sato", at=NOW).weight_g == 0


def test_the_newest_contract_holds_and_only_in_its_span(
    session: Session, farm: Farm, coop: Party
) -> None:
    agree(session, farm, coop, 12_000)
    agree(session, farm, coop, 9_000, until=WEEK)
    agree(session, farm, coop, 7_000, since=WEEK)

    def weekly(week: date) -> int:
        return contracts.in_force(session, farm.lettuce, week=week)[coop.id].weekly_g

    assert weekly(WEEK - timedelta(days=7)) == 9_000
    assert weekly(WEEK) == 7_000


def test_more_than_can_be_counted_on_needs_a_note_and_says_the_risk(
    session: Session, farm: Farm
) -> None:
    with pytest.raises(BadValue, match="why another weight"):
        promise(session, asked(farm, farm.shop, weight_g=45_000), by="Sato", at=NOW)

    note = "they take the risk"
    made = promise(session, asked(farm, farm.shop, weight_g=45_000, note=note), by="S", at=NOW)

    assert made.weight_g == 45_000
    assert made.shortfall > 0.5


def test_a_promise_is_frozen_and_a_later_one_takes_its_place(session: Session, farm: Farm) -> None:
    made = promise(session, asked(farm, farm.shop), by="Sato", at=NOW)
    later = promise(session, asked(farm, farm.shop, confidence=0.8), by="Sato", at=on_day(49).at)

    assert promises.standing(session, farm.lettuce) == [later]
    assert promises.earlier(session, later) == [made]
    made.weight_g = 1
    with pytest.raises(PromiseFrozen, match="is not changed"):
        session.flush()
    session.rollback()


def test_an_agronomists_word_moves_what_is_promised_and_not_the_record(
    session: Session, farm: Farm
) -> None:
    def word(weight_g: int | None, *, withdraws: bool = False) -> None:
        remarks.remark(
            *(session, farm.lettuce),
            week=WEEK + timedelta(days=2),
            weight_g=weight_g,
            reason="mildew in room A",
            by="Tanaka",
            at=NOW,
            withdraws=withdraws,
        )

    word(21_000)
    word(None)
    week = week_of(session, farm.lettuce, WEEK)
    assert (week.model.p50, week.supply.p50, week.supply.p10) == (42.0, 21.0, 15.0)
    made = promise(session, asked(farm, farm.shop), by="Sato", at=NOW)
    assert (made.weight_g, made.model_g, made.agronomist_g) == (13_333, 42_000, 21_000)

    word(None, withdraws=True)
    assert week_of(session, farm.lettuce, WEEK).supply.p50 == 42.0
    assert len(remarks.of_crop(session, farm.lettuce, since=WEEK)) == 3


@pytest.mark.parametrize("week", [WEEK + timedelta(days=1), WEEK - timedelta(days=14)])
def test_a_day_or_a_week_that_is_over_cannot_be_promised(
    session: Session, farm: Farm, week: date
) -> None:
    with pytest.raises(BadValue, match="a week that is not over"):
        promise(session, asked(farm, farm.shop, week=week), by="Sato", at=NOW)


def test_a_week_beyond_the_forecast_says_how_far_it_reaches(session: Session, farm: Farm) -> None:
    with pytest.raises(NotFound, match="2026-07-20 to 2026-09-07"):
        promise(session, asked(farm, farm.shop, week=date(2026, 12, 7)), by="Sato", at=NOW)


def test_once_the_week_is_over_it_says_what_came_and_what_each_step_was_worth(
    session: Session, farm: Farm
) -> None:
    remarks.remark(session, farm.lettuce, week=WEEK, weight_g=36_000, reason="heat", by="T", at=NOW)
    promise(session, asked(farm, farm.shop, weight_g=3_000, note="test"), by="Sato", at=NOW)
    (open_,) = promises.outcomes(session, farm.lettuce, at=NOW)
    assert (open_.is_kept, promises.hit_rate([open_])) == (None, None)

    sow = lots.sow(session, on_day(0), zone=farm.room, crop=farm.lettuce, code="late", pieces=400)
    (growing,) = acts.made(session, sow)
    cut = lots.harvest(
        session,
        on_day(50),
        lot=growing,
        pieces=400,
        weight_g=32_000,
        zone=farm.packing,
        final=True,
    )
    lots.ship(session, on_day(51), lot=acts.made(session, cut)[0], to=farm.shop)
    over = START + timedelta(days=60)
    (found,) = promises.outcomes(session, farm.lettuce, at=over)

    assert (found.shipped_g, found.harvested_g, found.is_kept) == (32_000, 32_000, True)
    assert promises.hit_rate([found]) == 1.0
    nothing = Promise(**found.promise.model_dump(exclude={"weight_g"}), weight_g=0)
    assert promises.hit_rate([promises.Outcome(nothing, 0, 32_000)]) is None
    steps = {one.step: one for one in promises.value_added([found])}
    assert steps["naive"].error == pytest.approx(8 / 32)
    assert steps["model"].added == pytest.approx(-2 / 32)  # worse than last year
    assert steps["agronomist"].added == pytest.approx(6 / 32)
    assert steps["agreed"].added == 0


def test_what_was_not_shipped_was_not_kept(session: Session, farm: Farm) -> None:
    promise(session, asked(farm, farm.shop), by="Sato", at=NOW)

    (found,) = promises.outcomes(session, farm.lettuce, at=START + timedelta(days=70))

    assert (found.shipped_g, found.is_kept) == (0, False)


def test_nobody_is_promised_more_than_it_is_likely_to_take(
    session: Session, farm: Farm, coop: Party
) -> None:
    """A forecast of what Mart takes says P90 12 kg: the rest is for others, or left."""
    whole = forecasts.newest(session, Subject(farm.lettuce))
    assert whole is not None
    demand = Forecast.from_json(whole.body)
    steps = tuple(replace(step, p10=6.0, p50=9.0, p90=12.0) for step in demand.steps)
    forecasts.store(
        session,
        Subject(farm.lettuce, partner=farm.shop),
        Made(replace(demand, steps=steps).to_json()),
        made_by="Sato",
        horizon_weeks=8,
    )
    agree(session, farm, coop, 5_000)

    made = promise(session, asked(farm, farm.shop), by="Sato", at=NOW)

    assert (made.weight_g, made.remainder_g) == (12_000, 14_666)
    shares, _ = divided(session, farm.lettuce, WEEK, total_g=30_000, at=NOW)
    assert (shares.by_name, shares.remainder_g) == ({"coop": 5_000, "mart": 12_000}, 13_000)


def test_what_packing_leaves_is_learnt_from_packings_whose_grams_are_known(
    session: Session, farm: Farm
) -> None:
    """One that was taken back, or whose packs nobody counted, says nothing."""
    assert packing_loss.left_of(session, farm.lettuce) == pytest.approx(8 / 9)

    cut = harvested(session, farm, code="L9")
    act = lots.pack(
        session,
        on_day(43),
        inputs=[(cut, 9000)],
        item=farm.bag,
        code="P-9",
        packs=10,
        zone=farm.store,
    )
    assert packing_loss.left_of(session, farm.lettuce) == pytest.approx(8.8 / 18)
    voiding.void(session, on_day(44), act=act)
    assert packing_loss.left_of(session, farm.lettuce) == pytest.approx(8 / 9)
    other = catalogue.ensure_crop(
        session, farm.organisation, "basil", name="Basil", largest_head_g=90
    )
    assert packing_loss.left_of(session, other) == 1.0
