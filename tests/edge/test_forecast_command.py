"""`minori forecast backtest` and `compare`: any CSV in, errors and every line out."""

import errno
import json
import signal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from edge.commands.forecast import _ended_in_order, command


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two products of a market with a calendar, one of them too young to be judged."""
    t = np.arange(160)
    noise = np.random.default_rng(4)
    open_days = noise.choice([4, 5, 6], 160)
    frames = [
        pd.DataFrame(
            {
                "unique_id": name,
                "ds": pd.date_range("2022-01-03", periods=weeks, freq="W-MON"),
                "y": (100 + 30 * np.sin(t[:weeks] / 8.3))
                * open_days[:weeks]
                * noise.lognormal(0, 0.1, weeks),
                "open_days": open_days[:weeks],
            }
        )
        for name, weeks in (("leek", 160), ("udo", 6))
    ]
    path = tmp_path_factory.mktemp("series") / "weekly.csv.gz"
    pd.concat(frames).drop(index=[50]).to_csv(path, index=False)
    return path


BRIEF = ["--horizon", "4", "--cutoffs", "2", "--processes", "1"]


def test_a_backtest_prints_the_mix_first_and_writes_every_line(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "lines.parquet"

    done = CliRunner().invoke(command, ["backtest", str(file), *BRIEF, "--out", str(out)])

    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[2].startswith("minori")
    assert "too_short: udo has 6 weeks" in done.stderr
    by_distance = done.stdout.partition("by distance")[2].splitlines()
    assert by_distance[1].split() == ["ahead", "cover", "width", "cases"]
    assert len(by_distance[2:]) == 4
    assert "1 weeks without a row are drawn between their neighbours" in done.stderr
    lines = pd.read_parquet(out)
    assert list(lines) == ["unique_id", "cutoff", "ds", "model", "p10", "p50", "p90"]
    mix = lines[lines["model"] == "minori"]
    assert len(mix) == 2 * 4
    assert (mix["ds"] > mix["cutoff"]).all()
    assert ((mix["p10"] <= mix["p50"]) & (mix["p50"] <= mix["p90"])).all()


def test_the_same_backtest_as_json_shows_weights_and_reasons(file: Path) -> None:
    done = CliRunner().invoke(command, ["backtest", str(file), *BRIEF, "--json"])

    found = json.loads(done.stdout)
    assert found["kinds"] == {"leek": "supply"}
    assert sum(found["weights"]["leek"].values()) == pytest.approx(1, abs=1e-3)
    assert found["refused"]["udo"]["code"] == "too_short"
    assert set(found["models"]["minori"]) >= {
        "mase",
        "wape",
        "bias",
        "pinball",
        "coverage",
        "seconds",
    }
    assert [step["ahead"] for step in found["models"]["served"]["by_step"]] == [1, 2, 3, 4]
    assert {step["cases"] for step in found["models"]["served"]["by_step"]} == {2}


def test_compare_runs_rivals_at_the_same_cutoffs(file: Path) -> None:
    done = CliRunner().invoke(
        command, ["compare", str(file), *BRIEF, "--only", "last year", "--json"]
    )

    found = json.loads(done.stdout)
    assert set(found) == {"minori", "last year"}
    assert found["minori"]["cutoffs"] == found["last year"]["cutoffs"] == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--freq", "M"], "D or W-MON to W-SUN"),
        (["--y", "weight"], "lacks a column"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(file: Path, arguments: list[str], words: str) -> None:
    done = CliRunner().invoke(command, ["backtest", str(file), *arguments])

    assert done.exit_code != 0
    assert words in str(done.exception)


def test_a_table_under_another_ending_is_refused_before_the_work(file: Path) -> None:
    out = file.with_name("lines.xlsx")

    done = CliRunner().invoke(command, ["backtest", str(file), *BRIEF, "--out", str(out)])

    assert (done.exit_code, out.exists()) == (2, False)
    assert "ends neither in .parquet nor in .csv" in done.stderr


def test_a_horizon_of_days_shows_a_month_of_distances(tmp_path: Path) -> None:
    days = pd.date_range("2025-01-01", periods=180, freq="D")
    path = tmp_path / "daily.csv"
    pd.DataFrame({"unique_id": "leek", "ds": days, "y": 5.0}).to_csv(path, index=False)
    brief = ["--freq", "D", "--horizon", "40", "--cutoffs", "1", "--processes", "1"]

    done = CliRunner().invoke(command, ["backtest", str(path), *brief])

    assert done.stdout.splitlines()[-1] == "and 9 further ahead, with --json"


@pytest.mark.filterwarnings("error")
def test_a_single_row_is_too_short_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text("unique_id,ds,y\nleek,2026-01-05,3\n")

    done = CliRunner().invoke(command, ["backtest", str(path), "--processes", "1"])

    assert done.exit_code == 1
    assert "too_short: leek has 1 weeks of history" in done.stderr


def test_weeks_stamped_with_another_day_are_refused_by_series(file: Path) -> None:
    done = CliRunner().invoke(command, ["backtest", str(file), *BRIEF, "--freq", "W-SUN"])

    assert "expected Sunday, got Monday" in done.stderr


def test_a_full_disk_leaves_the_lines_that_were_there(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "lines.csv"
    out.write_text("of last week")

    def half(_lines: pd.DataFrame, to: Path, **_how: object) -> None:
        to.write_text("unique_id,cut")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", half)
    done = CliRunner().invoke(command, ["backtest", str(file), *BRIEF, "--out", str(out)])

    assert "cannot be written: No space left on device" in done.output
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [
        ("lines.csv", "of last week")
    ]


def test_a_service_manager_ends_a_backtest_as_ctrl_c_does() -> None:
    """Ended outright, the pool of processes leaves its folder under /tmp."""
    before = signal.getsignal(signal.SIGTERM)

    with pytest.raises(SystemExit) as ended, _ended_in_order():
        signal.raise_signal(signal.SIGTERM)

    assert ended.value.code == 143
    assert signal.getsignal(signal.SIGTERM) is before
