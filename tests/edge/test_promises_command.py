"""`minori forecast promise` and what belongs to it, as somebody at a terminal meets it."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from api.promising import Asked, promise
from edge import settings_file, store
from forecasting import Forecast, Note, Score, Step
from tests.edge.console import Console
from traceability import catalogue, forecasts
from traceability.errors import BadValue
from traceability.forecast_subject import Subject
from traceability.forecasts import Made
from traceability.models import Crop, Organisation, Party

JAPAN = ZoneInfo("Asia/Tokyo")
TODAY = datetime.now(JAPAN).date()
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
    ended = ("--partner", "coop", "--weekly", "0g", "--since", "2026-01-12")
    assert "0.0 kg a week from" in told.ok("forecast", "contract", "lowk", *ended).out
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


def test_a_harvest_that_is_lost_is_an_override_of_nothing(told: Console) -> None:
    told.ok("forecast", "override", "lowk", "--weight", "0g", "--reason", "flood")

    made = told.ok("forecast", "promise", "lowk", "--partner", "coop", "--json").json

    assert (made["weight_g"], made["agronomist_g"], made["model_g"]) == (0, 0, 42_000)


def test_a_week_is_over_when_it_is_over_at_the_site(told: Console) -> None:
    """Half past midnight on Monday in Aizu it is Sunday in Greenwich."""
    with store.writing(settings_file.load(told.config)) as session:
        crop, coop = catalogue.find(session, Crop, "lowk"), catalogue.find(session, Party, "coop")
        asked = Asked(crop, coop, MONDAY)
        begun = datetime.combine(NEXT, time(0, 30), JAPAN)

        assert promise(session, asked, by="Sato", at=begun - timedelta(hours=1)).week == MONDAY
        with pytest.raises(BadValue, match="that is not over"):
            promise(session, asked, by="Sato", at=begun)


WHY = ("--reason", "for a test")


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
        (("override", "lowk", "--week", "2020-01-06", "--weight", "5kg", *WHY), "that is not over"),
        (("override", "lowk", "--withdraw", "--weight", "5kg", *WHY), "one of the two"),
        (("exclude", "lowk", "--week", "2031-01-06", *WHY), "a week that is over"),
        (("scenario", "lowk"), "what to suppose"),
        (("scenario", "lowk", "--sow", "+20%", "--from", "2020-01-06"), "today or a later day"),
        (("fit", "lowk", "--accept", "too_short"), "giant_outlier"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    told: Console, words: tuple[str, ...], said: str
) -> None:
    assert said in told.refused("forecast", *words)


def test_a_plan_is_made_listed_and_taken_back(told: Console) -> None:
    day = (TODAY + timedelta(days=9)).isoformat()
    made = told.ok("forecast", "plan", "lowk", "--on", day, "--pieces", "500", "--json").json[0]

    (line,) = told.ok("forecast", "plans", "lowk").lines[1:]
    assert line.startswith(day)
    assert made["id"].endswith(line.split()[-1])
    told.ok("forecast", "unplan", line.split()[-1])
    assert "nothing planned" in told.ok("forecast", "plans", "lowk").out


def test_versions_diff_and_scenario(told: Console) -> None:
    assert "no earlier forecast 'lowk' here" in told.refused("forecast", "diff", "lowk")
    with store.writing(settings_file.load(told.config)) as session:
        crop = catalogue.find(session, Crop, "lowk")
        body = forecasts.history(session, Subject(crop))[0].body
        anew = Made(body.replace('"p50":42.0', '"p50":40.5'))
        forecasts.store(session, Subject(crop), anew, made_by="Tanaka", horizon_weeks=8)

    listed = told.ok("forecast", "versions", "lowk").lines
    assert [line.split()[3] for line in listed[1:]] == ["Tanaka", "Sato"]
    newer, older = (line.split()[-1] for line in listed[1:])
    said = told.ok("forecast", "diff", "lowk").out
    assert told.ok("forecast", "diff", "lowk", older, newer).out == said
    assert "-1.5" in said
    assert "Tanaka" in said
    light = told.ok("forecast", "scenario", "lowk", "--dli", "14", "--dli-now", "10")
    assert "nothing of it is kept" in light.out
    assert max(len(line) for line in light.lines) <= 80
    assert "finished lots" in told.refused("forecast", "scenario", "lowk", "--sow", "+20%")
    assert "a share such as" in told.refused("forecast", "scenario", "lowk", "--sow", "more")


def test_a_week_is_left_out_and_shown(told: Console) -> None:
    said = told.ok(
        *("forecast", "exclude", "lowk", "--week", "2026-08-12", "--reason", "pump failed")
    )

    assert "the week of 2026-08-10 is left out" in said.out
    told.ok("forecast", "override", "lowk", "--weight", "21kg", "--reason", "heat")
    assert "expects 21.0 kg" in told.ok("forecast", "show", "lowk").out


def test_orders_are_set_against_the_supply(told: Console) -> None:
    order = ("forecast", "order", "lowk", "--partner", "coop", "--week", NEXT.isoformat())
    told.ok(
        *("forecast", "contract", "lowk", "--partner", "coop"),
        *("--weekly", "12kg", "--since", "2026-01-05"),
    )
    told.ok(*order, "--weight", "60kg")

    rows = told.ok("forecast", "ahead", "lowk").lines

    assert rows[1].split()[1:5] == ["12.0", "42.0", "0.0", "0%"]
    assert rows[2].split()[1:5] == ["60.0", "42.0", "18.0", "96%"]
    assert told.ok("forecast", "ahead", "lowk", "--json").json[1]["short_kg"] == 18.0

    said = told.ok("forecast", "summary", "lowk").out.replace("\n", " ")
    assert "18 kg more are wanted than are expected." in said
    assert "kg" in told.ok("forecast", "summary", "lowk", "--language", "ja").out
