"""`minori recall`: every lot that is affected, where it is, who received how much; in minutes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from edge.commands import _text
from edge.commands._arguments import OneOf, Weight, time_of
from edge.commands._desk import Desk, InOrder, looks_up, writes
from edge.commands._out import write_file
from traceability import catalogue, recalls
from traceability.errors import BadValue
from traceability.models import Device, Recall
from traceability.occasions import Occasion
from traceability.recall_starts import Start

# Lines of a table that are told on a terminal; a file has all of them.
_MOST = 30

_HELP = """Recalls, for real or as an exercise: found, told, answered, signed off.

\b
minori recall open --lot SEED-7 --reason "germination test" --exercise
minori recall open --tank T1 --from 2026-11-20 --reason "pH pump" --real
minori recall show ID --out recall.pdf
minori recall answer ID --partner mart --answer "off the shelf" --returned 4kg
minori recall close ID --findings "labels of two lots were swapped"

A real one puts what is in stock on hold, marks the public pages and has partners
told; an exercise does none of it.
"""
_recall = click.argument("recall_id", metavar="ID")


@click.group(cls=InOrder, help=_HELP)
def command() -> None:
    pass


@command.command("open")
@click.option("--lot", metavar="LOT", help="From a lot, or a supply: seed, fertiliser, bags.")
@click.option("--tank", metavar="CODE", help="From what a tank fed in a span.")
@click.option("--probe", metavar="NAME", help="From where a probe was while it was faulty.")
@click.option("--worker", metavar="NAME", help="From what somebody had in hand in a span.")
@click.option("--place", metavar="CODE", help="From what stood in a zone in a span.")
@click.option("--from", "begins", metavar="TIME", help="The span, for all but --lot.")
@click.option("--to", "ends", metavar="TIME", help="Until then. Without: now.")
@click.option("--reason", required=True, help="Why.")
@click.option("--real/--exercise", "is_real", default=None, help="Say which. Needed.")
@click.option("--by", metavar="NAME", help="Who opens it. Without it: you.")
@writes
def open_one(
    desk: Desk,
    /,
    reason: str,
    is_real: bool | None,
    by: str | None,
    begins: str | None,
    ends: str | None,
    **named: str | None,
) -> str:
    """Find what is affected and keep what was found."""
    if is_real is None:
        raise BadValue(
            field="--real/--exercise",
            expected="one of the two",
            got="neither",
            next_step="say --exercise, or --real if stock is to be held and partners told",
        )
    found = recalls.open_recall(
        desk.session,
        desk.organisation,
        _start(desk, named, begins, ends),
        kind="real" if is_real else "exercise",
        reason=reason,
        occasion=Occasion(desk.now, by or desk.user),
    )
    return _told(desk, found)


@command.command("list")
@looks_up
def list_recalls(desk: Desk) -> str:
    """List recalls and exercises, newest first."""
    found = recalls.newest(desk.session, desk.organisation)
    if desk.as_json:
        from api.v1.recalls import RecallOut

        said = [RecallOut.of(desk.session, one, whole=False) for one in found]
        return _text.as_json([one.model_dump(mode="json") for one in said])
    if not found:
        return "none yet; `minori recall open --exercise` makes one"
    rows = [_row(desk, one) for one in found]
    return "\n".join(_text.table(("id", "opened", "kind", "lots", "state", "why"), rows))


@command.command()
@_recall
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the report: .xlsx, .pdf or .json.",
)
@click.option("--language", type=OneOf(("en", "ja")), default="en", show_default=True)
@looks_up
def show(desk: Desk, recall_id: str, out: Path | None, language: str) -> str:
    """Show a recall, or write its report to a file."""
    found = recalls.find(desk.session, recall_id)
    if out is None:
        return _told(desk, found)
    write_file(out, _file(desk, found, out, language))
    return f"written to {out}"


@command.command()
@_recall
@click.option("--partner", required=True, metavar="CODE", help="Who answered.")
@click.option("--answer", "text", required=True, help="What they said.")
@click.option("--returned", type=Weight(), help="How much they give back, 4kg.")
@click.option("--destroyed", type=Weight(), help="How much they destroyed.")
@writes
def answer(
    desk: Desk,
    recall_id: str,
    partner: str,
    text: str,
    returned: int | None,
    destroyed: int | None,
) -> str:
    """Keep what a partner answered; a later answer replaces it."""
    found = recalls.find(desk.session, recall_id)
    recalls.answer(
        desk.session,
        found,
        desk.party(partner),
        text=text,
        by=desk.user,
        at=desk.now,
        returned_g=returned,
        destroyed_g=destroyed,
    )
    return _told(desk, found)


@command.command()
@_recall
@click.option("--findings", default="", help="What was learnt.")
@click.option("--by", metavar="NAME", help="Who signs. Without it: you.")
@writes
def close(desk: Desk, recall_id: str, findings: str, by: str | None) -> str:
    """Sign a recall off; of a real one every partner must have answered."""
    found = recalls.find(desk.session, recall_id)
    recalls.close(desk.session, found, by=by or desk.user, findings=findings, at=desk.now)
    return _told(desk, found)


def _start(desk: Desk, named: dict[str, str | None], begins: str | None, ends: str | None) -> Start:
    said = [(kind, name) for kind, name in named.items() if name]
    if len(said) != 1:
        raise BadValue(
            field="start",
            expected="one of --lot, --tank, --probe, --worker and --place",
            got=", ".join(f"--{kind}" for kind, _ in said) or "none",
            next_step="name one",
        )
    kind, name = said[0]
    if kind == "lot":
        lot = desk.lot(name)
        if ends is None:
            return Start("lot", lot.code, lot.id)
        until = time_of(ends, zone=desk.settings.zone_info, now=desk.now, option="--to")
        return Start("lot", lot.code, lot.id, end=until)
    if begins is None:
        raise BadValue(
            field="--from",
            expected="the beginning of the span",
            got="nothing",
            next_step="say --from, and --to if it is over",
        )
    zone = desk.settings.zone_info
    span = (
        time_of(begins, zone=zone, now=desk.now, option="--from"),
        time_of(ends, zone=zone, now=desk.now, option="--to"),
    )
    return Start(kind, name, _ref(desk, kind, name), *span)


def _ref(desk: Desk, kind: str, name: str) -> str:
    if kind == "worker":
        return name
    if kind == "probe":
        return catalogue.find(desk.session, Device, name, site_id=desk.site.id).id
    return desk.zone(name).id


def _row(desk: Desk, one: Recall) -> tuple[str, ...]:
    return (
        one.id[-12:],
        _text.local(one.opened_at, desk.settings.zone_info),
        one.kind,
        str(len(one.found["lots"])),
        "closed" if one.closed_at else "open",
        one.reason,
    )


def _told(desk: Desk, recall: Recall) -> str:
    from api.i18n import Reader
    from api.recall_report import report_of
    from api.v1.recalls import RecallOut

    if desk.as_json:
        return RecallOut.of(desk.session, recall).model_dump_json(indent=2)
    zone = desk.settings.site.time_zone
    report = report_of(desk.session, Reader.of("en"), recall, zone=zone)
    lines = [f"{report.title} {recall.id[-12:]}"]
    lines += [f"  {name:<16}{value}" for name, value in report.head]
    for sheet in report.sheets:
        rows = [["" if cell is None else str(cell) for cell in row] for row in sheet.rows]
        lines += ["", sheet.title]
        shown = _narrow(sheet.header, rows) if sheet is report.sheets[0] else (sheet.header, rows)
        lines += _text.table(shown[0], shown[1][:_MOST]) if rows else ["  none"]
        if len(rows) > _MOST:
            lines.append(f"  and {len(rows) - _MOST} more; --out recall.xlsx has all")
    return "\n".join(lines)


def _narrow(header: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[list[str], list[Any]]:
    """Leave out the columns that say nothing of any row: a terminal is narrow."""
    kept = [at for at in range(len(header)) if any(row[at] not in ("", "0") for row in rows)]
    return [header[at] for at in kept], [[row[at] for at in kept] for row in rows]


def _file(desk: Desk, recall: Recall, out: Path, language: str) -> bytes:
    from api import recall_report
    from api.i18n import Reader
    from api.v1.recalls import RecallOut

    if out.suffix == ".json":
        return RecallOut.of(desk.session, recall).model_dump_json(indent=2).encode()
    zone = desk.settings.site.time_zone
    report = recall_report.report_of(desk.session, Reader.of(language), recall, zone=zone)
    if out.suffix == ".xlsx":
        return recall_report.xlsx(report)
    if out.suffix == ".pdf":
        return recall_report.pdf(report)
    raise BadValue(
        field="--out",
        expected="a name that ends in .xlsx, .pdf or .json",
        got=str(out),
        next_step="choose one of them",
    )
