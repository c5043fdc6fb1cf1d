"""A farm at work: seeds received, one lot from seed to shop, one growing, fifty days of climate.

Filled through the real verbs, for tests of pages and of the HTTP interface.
"""

import math
from dataclasses import dataclass
from datetime import date, timedelta

from sqlmodel import Session

from forecasting import AtStep, Forecast, Note, Score, Step
from sensors import to_ms
from tests.factories import START, Farm, a_farm, on_day
from traceability import acts, catalogue, forecasts, lots, readings
from traceability.amounts import Amount
from traceability.forecast_subject import Subject
from traceability.forecasts import Made
from traceability.models import Crop, Lot

STEP_MIN = 10
DAYS = 50
LIT_MIN = 16 * 60
# The probe of room A is silent for half of day 20: what was not measured must be said.
SILENT_DAYS = (20.0, 20.5)


@dataclass
class World:
    farm: Farm
    basil: Crop
    seed: Lot
    growing: Lot
    grown: Lot  # harvested and closed
    harvested: Lot
    bags: Lot  # 110 bags of 80 g, 40 of them shipped
    gtin: str


def a_world(session: Session) -> World:
    farm = a_farm(session)
    basil = catalogue.ensure_crop(
        session,
        farm.organisation,
        "basil",
        name="Basil",
        name_ja="バジル",
        largest_head_g=60,
        growing_days=35,
    )
    _climate(session, farm)
    seed = _made(
        lots.receive(
            session,
            on_day(0),
            zone=farm.packing,
            crop=farm.lettuce,
            code="SEED-7",
            amount=Amount(weight_g=500),
            from_party=farm.supplier,
        ),
        session,
    )
    grown = _sown(session, farm, seed, "LK-0601", 0, 120)
    lots.transplant(session, on_day(14), lot=grown, zone=farm.room, lost_pieces=4)
    cut = _cut(session, farm, grown)
    lots.inspect(
        session,
        on_day(42),
        lot=cut,
        measure="potassium",
        value=88,
        unit="mg/100 g",
        method="LAQUAtwin K-11",
    )
    bags = _packed(session, farm, cut)
    lots.ship(session, on_day(43), lot=bags, to=farm.shop, amount=Amount(pieces=40))
    growing = _sown(session, farm, seed, "LK-0630", 29, 130)
    a_forecast(session, farm.lettuce)
    gtin = farm.bag.gtin
    assert gtin is not None
    return World(farm, basil, seed, growing, grown, cut, bags, gtin)


def a_forecast(session: Session, crop: Crop, monday: date = date(2026, 7, 20)) -> None:
    """Eight weeks for one crop, a refusal would be for the other."""
    steps = tuple(
        Step(monday + timedelta(days=7 * i), 30.0 - i, 42.0 + i, 55.0 + 2 * i, 40.0)
        for i in range(8)
    )
    score = Score(wape=0.142, mase=0.7, bias=-0.02, pinball=2.1, coverage=0.81, cutoffs=26)
    naive = Score(wape=0.213, mase=1.0, bias=0.04, pinball=None, coverage=None, cutoffs=26)
    made = Forecast(
        series=crop.code,
        kind="supply",
        step_days=7,
        steps=steps,
        history_first=date(2025, 1, 6),
        history_last=date(2026, 7, 13),
        history_length=80,
        served="minori",
        naive_name="last_year",
        reason=Note("beats_naive", "over the last 26 weeks ...", {"ratio": 0.67}),
        weights={"prophet": 0.6, "naive": 0.4},
        backtest={"minori": score, "naive": naive},
        calibration="own",
        notes=(),
        seed=1,
        versions={"prophet": "1.5.0"},
        data_digest="0" * 64,
        by_step=(AtStep(1, 0.85, 0.42, 26), AtStep(2, 0.73, None, 26)),
    )
    forecasts.store(session, Subject(crop), Made(made.to_json()), made_by="Sato", horizon_weeks=8)


def _sown(session: Session, farm: Farm, seed: Lot, code: str, day: int, pieces: int) -> Lot:
    act = lots.sow(
        session,
        on_day(day),
        zone=farm.room,
        crop=farm.lettuce,
        code=code,
        pieces=pieces,
        seeds=[(seed, Amount(weight_g=10))],
    )
    return _made(act, session)


def _cut(session: Session, farm: Farm, grown: Lot) -> Lot:
    act = lots.harvest(
        session,
        on_day(42),
        lot=grown,
        pieces=114,
        weight_g=9120,
        zone=farm.packing,
        final=True,
    )
    return _made(act, session)


def _packed(session: Session, farm: Farm, cut: Lot) -> Lot:
    act = lots.pack(
        session,
        on_day(42),
        inputs=[(cut, 9000)],
        item=farm.bag,
        code="P/0713-A",
        packs=110,
        zone=farm.store,
    )
    return _made(act, session)


def _made(act: acts.Act, session: Session) -> Lot:
    return acts.made(session, act)[0]


def _climate(session: Session, farm: Farm) -> None:
    """Lamps on for 16 h of a day, a warmer day than night, CO2 drawn down by light."""
    device = readings.ensure_device(session, farm.site.id, "A-air", model="test probe")
    readings.place_device(session, device, farm.room, since=START)
    store = readings.ensure_device(session, farm.site.id, "C-air", model="test probe")
    readings.place_device(session, store, farm.store, since=START)
    connection = session.connection()
    of = {
        (name, quantity): readings.ensure_series(connection, farm.site.id, name, quantity)
        for name, quantity in (
            ("A-air", "air_temperature"),
            ("A-air", "relative_humidity"),
            ("A-air", "co2"),
            ("A-air", "ppfd"),
            ("C-air", "air_temperature"),
        )
    }
    rows = []
    for i in range(DAYS * 24 * 60 // STEP_MIN):
        at = START + timedelta(minutes=STEP_MIN * i)
        day = i * STEP_MIN / (24 * 60)
        wave = math.sin(2 * math.pi * day)
        at_ms = to_ms(at)
        rows.append((of["C-air", "air_temperature"], at_ms, 4 + 0.5 * wave, 0, 0))
        if SILENT_DAYS[0] <= day < SILENT_DAYS[1]:
            continue
        rows += [
            (of["A-air", "air_temperature"], at_ms, 21 + 2.5 * wave, 0, 0),
            (of["A-air", "relative_humidity"], at_ms, 70 - 8 * wave, 0, 0),
            (of["A-air", "co2"], at_ms, 950 - 180 * wave, 0, 0),
            (of["A-air", "ppfd"], at_ms, 210.0 if i * STEP_MIN % 1440 < LIT_MIN else 0.0, 0, 0),
        ]
    readings.insert_readings(connection, rows)
