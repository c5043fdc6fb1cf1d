"""`minori forecast promise` and what belongs to it, as somebody at a terminal meets it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from edge import settings_file, store
from forecasting import Forecast, Note, Score, Step
from tests.edge.console import Console
from traceability import catalogue, forecasts
from traceability.forecast_subject import Subject
from traceability.forecasts import Made
from traceability.models import Crop, Organisation

TODAY = datetime.now(UTC).date()
MONDAY = TODAY - timedelta(days=TODAY.weekday())
NEXT = MONDAY + timedelta(days=7)


@pytest.fixture
def told(console: Console) -> Console:
    """A console of a farm with a constructed forecast: P10 30, P50 42, P90 55 each week."""
    steps = tuple(Step(MONDAY + timedelta(weeks=by), 30.0, 42.0, 55.0, 40.0) for by in range(8))
    score = Score(0.14, 0.7, 0.0, 2.0, 0.8, 20)
    made = Forecast(
        series="lowk",
        kind="supply",
        step_days=7,
        steps=steps,
        history_first=date(2025, 1, 6),
        history_last=MONDAY - timedelta(days=7),
        history_length=80,
        served="minori",
        naive_name="last_year",
        reason=Note("beats_naive", "...", {}),
        weights={},
        backtest={"minori": score, "naive": score},
        calibration="own",
        notes=(),
        seed=1,
        versions={},
        data_digest="",
    )
    with store.writing(settings_file.load(console.config)) as session:
        crop = catalogue.find(session, Crop, "lowk")
        forecasts.store(
            session, Subject(crop), Made(made.to_json()), made_by="Sato", horizon_weeks=8
        )
        owner = catalogue.find(session, Organisation, "aizu")
        catalogue.ensure_party(session, owner, "coop", name="Coop")
    return console


def test_contract_promise_division_and_list(told: Console) -> None:
    told.ok(
        *("forecast", "contract", "lowk", "--partner", "coop"),
        *("--weekly", "12kg", "--since", "2026-01-05"),
    )

    said = told.ok("forecast", "promise", "lowk", "--partner", "coop")

    assert said.lines[0] == f"promised to coop for the week of {NEXT}: 12.000 kg"
    assert said.lines[-1] == "promised to nobody: 18.000 kg"
    assert max(len(line) for line in said.lines) <= 80
    shares = told.ok("forecast", "divide", "lowk").out
    assert "30.000 kg can be counted on at 90%" in shares
    assert "promised" in shares
    listed = told.ok("forecast", "promises", "lowk")
    assert "12.000" in listed.out
    assert told.ok("forecast", "promises", "lowk", "--json").json[0]["partner"] == "coop"


def test_an_override_moves_the_promise(told: Console) -> None:
    told.ok("forecast", "override", "lowk", "--weight", "21kg", "--reason", "うどんこ病")
    made = told.ok(
        *("forecast", "promise", "lowk", "--partner", "coop", "--weight", "5kg"),
        *("--note", "first try", "--json"),
    ).json

    assert (made["model_g"], made["agronomist_g"], made["p10_g"]) == (42_000, 21_000, 15_000)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("promise", "lowk", "--partner", "nix"), "known are:"),
        (("promise", "lowk", "--partner", "coop", "--weight", "5kg"), "why another weight"),
        (("promise", "lowk", "--partner", "coop", "--week", "tomorrow"), "--week: expected a day"),
        (("promise", "lowk", "--partner", "coop", "--week", "2020-01-06"), "that is not over"),
        (("divide", "lowk", "--week", "2031-01-06"), "weeks that are forecast"),
        (("unplan", "nix"), "no sowing plan 'nix'"),
        (("plan", "lowk", "--on", "2020-01-06", "--pieces", "5"), "a day after today"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    told: Console, words: tuple[str, ...], said: str
) -> None:
    assert said in told.refused("forecast", *words)


def test_a_plan_is_made_listed_and_taken_back(told: Console) -> None:
    day = (TODAY + timedelta(days=9)).isoformat()
    made = told.ok("forecast", "plan", "lowk", "--on", day, "--pieces", "500", "--json").json[0]

    assert day in told.ok("forecast", "plans", "lowk").out
    told.ok("forecast", "unplan", made["id"])
    assert "nothing planned" in told.ok("forecast", "plans", "lowk").out
