"""`minori forecast`: what may happen, and how wrong we would have been before.

`backtest` and `compare` read a file and need no farm; what reads lots from the database joins this
group from modules of its own.
"""

import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge.commands._forecast_versions import exclude, scenario, show_diff, versions
from edge.commands._orders import ahead, order, summary
from edge.commands._promises import contract, divide, list_promises, override, promise
from edge.commands._sowing_plans import plan, plans, unplan
from edge.commands.farm_forecast import fit, show

if TYPE_CHECKING:
    from forecasting.files import Found
    from forecasting.study import Study


STEPS_SHOWN = 31  # a month by day; nobody reads a year of them

# \b keeps click from flowing the lines of an example together.
_HELP = """Forecasts with P10, P50 and P90, beside the naive line and past errors.

\b
minori forecast backtest harvest.csv --freq W-MON --horizon 8 --cutoffs 13 --step 4
minori forecast compare harvest.csv --freq W-MON --only naive --only AutoETS
"""


@click.group(help=_HELP)
def command() -> None:
    pass


def _study_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command what both take: the file, its columns, and how to look back."""
    file = click.Path(exists=True, dir_okay=False, path_type=Path)
    decorators: tuple[Callable[..., Any], ...] = (
        click.argument("file", type=file),
        click.option("--freq", default="W-MON", show_default=True, help="D, or W-MON to W-SUN."),
        click.option("--horizon", default=8, show_default=True, type=click.IntRange(1, 371)),
        click.option("--cutoffs", default=13, show_default=True, type=click.IntRange(1)),
        click.option("--step", default=4, show_default=True, type=click.IntRange(1)),
        click.option(
            "--kind",
            default="auto",
            show_default=True,
            type=click.Choice(["supply", "demand", "auto"]),
            help="supply: the season rules; demand: the level; auto: supply with a calendar.",
        ),
        click.option("--id", "id_column", default="unique_id", show_default=True),
        click.option("--ds", "ds_column", default="ds", show_default=True),
        click.option("--y", "y_column", default="y", show_default=True),
        click.option("--calendar", "calendar_column", default="open_days", show_default=True),
        click.option("--processes", type=click.IntRange(1), help="All cores if not given."),
        click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a table."),
    )
    for decorate in reversed(decorators):
        function = decorate(function)
    return function


@command.command()
@_study_options
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Every line said, as .parquet or .csv; the mix is model minori.",
)
def backtest(file: Path, out: Path | None, *, as_json: bool, **options: Any) -> None:
    """Say what we would have forecast at past cutoffs, and how wrong it was.

    FILE has the columns unique_id, ds, y and, if known, open_days. Nothing of the future enters
    but the calendar. The mix is `minori`; `served` is what a farm would have seen, the naive line
    where the mix had lost to it.
    """
    from forecasting.report import lines_of, steps_of, summary_of, table_of
    from forecasting.study import SERVED

    if out is not None:
        _refuse_out(out)
    study = _run(file, options)
    if out is not None:
        _write(lines_of(study), out)
    if as_json:
        click.echo(json.dumps(summary_of(study), ensure_ascii=False, indent=1, allow_nan=False))
        return
    _echo_refused(study)
    _refuse_nothing(study)
    summary = summary_of(study)
    click.echo(f"{summary['series']} series, {options['cutoffs']} cutoffs at most, means over them")
    for line in table_of(study.means(), study.seconds()):
        click.echo(line)
    if summary["worse_than_naive"] is not None:
        share = 100 * summary["worse_than_naive"]
        click.echo(f"{share:.1f} % of the series missed by over 1.1 times their naive line")
    click.echo("\nP10 to P90 as served, by distance: 80 % promised; width over what came")
    steps = study.by_step(SERVED)
    for line in steps_of(steps[:STEPS_SHOWN]):
        click.echo(line)
    if len(steps) > STEPS_SHOWN:
        click.echo(f"and {len(steps) - STEPS_SHOWN} further ahead, with --json")


@command.command()
@_study_options
@click.option("--only", multiple=True, help="A rival's name; all if not given, some are slow.")
def compare(file: Path, only: tuple[str, ...], *, as_json: bool, **options: Any) -> None:
    """Run default Prophet, AutoETS and other rivals at the same cutoffs, beside ours."""
    from dataclasses import asdict

    from forecasting.compare import rivals_beside
    from forecasting.report import table_of
    from forecasting.rivals import RIVALS
    from forecasting.study import MIX

    unknown = set(only) - set(RIVALS)
    if unknown:
        names = ", ".join(RIVALS)
        raise click.BadParameter(f"{', '.join(sorted(unknown))}; there are {names}")
    study = _run(file, options)
    with _ended_in_order(), _bar("rivals", len(study.judged)) as progress:
        theirs = rivals_beside(
            study, only or tuple(RIVALS), processes=options["processes"], progress=progress
        )
    scores = {MIX: study.means()[MIX], **theirs.scores} if study.judged else {}
    seconds = {MIX: study.seconds()[MIX], **theirs.seconds}
    if as_json:
        facts = {name: asdict(score) | {"seconds": seconds[name]} for name, score in scores.items()}
        click.echo(json.dumps(facts, ensure_ascii=False, indent=1, allow_nan=False))
        return
    _echo_refused(study)
    _refuse_nothing(study)
    for line in table_of(scores, seconds):
        click.echo(line)
    click.echo("seconds: all cutoffs; of minori the ones that warm up its weights as well")


def _run(file: Path, options: dict[str, Any]) -> "Study":
    """Read the file and look back; sentences about what was mended go to standard error."""
    from dataclasses import replace

    from forecasting.files import Columns, frequency, read_series
    from forecasting.study import Plan, study

    columns = Columns(
        options["id_column"], options["y_column"], options["calendar_column"], options["ds_column"]
    )
    found: Found = read_series(file, frequency(options["freq"]), columns)
    for sentence in found.said:
        click.echo(sentence, err=True)
    plan = Plan(options["kind"], options["horizon"], options["cutoffs"], options["step"])
    with _ended_in_order(), _bar("backtest", len(found.series)) as progress:
        made = study(found.series, plan, processes=options["processes"], progress=progress)
    return replace(made, refused=found.refused | made.refused)


class _bar:  # noqa: N801  used like the function it stands for
    """A progress bar on standard error, fed by (done, of)."""

    def __init__(self, label: str, length: int) -> None:
        self._bar = click.progressbar(length=length, label=label, file=sys.stderr)

    def __enter__(self) -> Callable[[int, int], None]:
        self._bar.__enter__()
        return self._advance

    def __exit__(self, *error: object) -> None:
        self._bar.render_finish()

    def _advance(self, done: int, of: int) -> None:
        self._bar.update(done - self._bar.pos)


def _echo_refused(study: "Study") -> None:
    """What was not judged, and what a farm's forecast would have been refused for."""
    for error in study.refused.values():
        click.echo(f"{error.code}: {error}", err=True)
    for note in (note for one in study.judged for note in one.examined.notes):
        click.echo(f"judged all the same: {note.code}: {note.sentence}", err=True)


def _refuse_nothing(study: "Study") -> None:
    if not study.judged:
        raise click.ClickException("no series of the file could be judged")


def _refuse_out(out: Path) -> None:
    """Before an hour of work: a table under another ending would be opened as what it is not."""
    if not out.parent.is_dir():
        raise click.BadParameter(f"there is no folder {out.parent}", param_hint="--out")
    if out.suffix not in (".csv", ".parquet") and not _is_special(out.resolve()):
        raise click.BadParameter(
            f"{out.name} ends neither in .parquet nor in .csv", param_hint="--out"
        )


def _is_special(target: Path) -> bool:
    """What is no file, such as a pipe or /dev/null."""
    return target.exists() and not target.is_file()


def _write(lines: Any, out: Path) -> None:
    """Write whole, or leave what was there; what is no file, such as a pipe, is written at once."""
    target = out.resolve()
    is_special = _is_special(target)
    part = target if is_special else target.with_name(f".{target.name}.part")
    try:
        if out.suffix == ".csv":
            lines.to_csv(part, index=False)
        else:
            lines.to_parquet(part, index=False)
        if not is_special:
            part.replace(target)
    except OSError as error:
        raise click.ClickException(f"{out} cannot be written: {error.strerror or error}") from error
    finally:
        if not is_special:
            part.unlink(missing_ok=True)


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """End a pool on SIGTERM as on Ctrl-C: killed outright, it leaves its folder behind."""

    def end(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


for _one in (
    fit,
    show,
    order,
    ahead,
    summary,
    promise,
    list_promises,
    divide,
    contract,
    override,
    plan,
    plans,
    unplan,
    versions,
    show_diff,
    exclude,
    scenario,
):
    command.add_command(_one)
