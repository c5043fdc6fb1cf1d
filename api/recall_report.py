"""A recall as tables a person can send on: the lots, who received how much, what they answered.

The same tables make the page, the workbook and the printed report, so that no two say different
things.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from api import words
from api.i18n import Reader
from api.sheets import Sheet, workbook
from traceability import recall_told, recalls
from traceability.models import Party, Recall, RecallNotice
from traceability.recall_told import Told

# A Japanese font that every PDF reader brings along, as on labels.
_PDF_FONT = "HeiseiKakuGo-W5"


@dataclass(frozen=True, slots=True)
class Report:
    """A recall in a reader's language: its head as (name, value), and its tables."""

    title: str
    head: Sequence[tuple[str, str]]
    sheets: Sequence[Sheet]


def report_of(session: Session, reader: Reader, recall: Recall, *, zone: str) -> Report:
    """Return the report of a recall; `zone` is the IANA zone its times are told in."""
    _, told = reader, recall_told.told(session, recall)
    lots: list[Mapping[str, Any]] = recall.found["lots"]
    title = _("Recall exercise") if recall.kind == "exercise" else _("Recall")
    stages = words.stages(reader)
    return Report(
        title,
        _head(reader, recall, zone),
        [
            Sheet(_("Lots"), _lot_header(reader), [_lot_row(reader, lot, stages) for lot in lots]),
            Sheet(_("Who received it"), _party_header(reader), _party_rows(reader, recall)),
            Sheet(
                _("Answers"),
                [_("Partner"), _("Sent [g]"), _("Told"), _("Answered at"), _("Answer"),
                 _("Given back [g]"), _("Destroyed [g]")],
                [
                    _answer_row(reader, notice, party, told.get(party.code), zone)
                    for notice, party in recalls.notices(session, recall)
                ],
            ),
        ],
    )  # fmt: skip


def xlsx(report: Report) -> bytes:
    head = Sheet(report.title, [report.title, ""], list(report.head))
    return workbook([head, *report.sheets])


def pdf(report: Report) -> bytes:
    """Return the report on A4 pages, landscape; tables go on over the pages with their header."""
    # Imported late: only who prints a report needs a PDF library.
    from reportlab.lib import colors  # noqa: PLC0415
    from reportlab.lib.pagesizes import A4, landscape  # noqa: PLC0415
    from reportlab.lib.styles import ParagraphStyle  # noqa: PLC0415
    from reportlab.pdfbase import pdfmetrics  # noqa: PLC0415
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont  # noqa: PLC0415
    from reportlab.platypus import (  # noqa: PLC0415
        LongTable,
        Paragraph,
        SimpleDocTemplate,
        Spacer,
        TableStyle,
    )

    pdfmetrics.registerFont(UnicodeCIDFont(_PDF_FONT))
    body = ParagraphStyle("body", fontName=_PDF_FONT, fontSize=8, leading=11, wordWrap="CJK")
    title = ParagraphStyle("title", parent=body, fontSize=14, leading=20)
    heading = ParagraphStyle("heading", parent=body, fontSize=11, leading=16, spaceBefore=8)
    lines = TableStyle(
        [
            ("GRID", (0, 0), (-1, -1), 0.3, colors.grey),
            ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ]
    )

    def said(value: object) -> Any:
        return Paragraph(_escaped("" if value is None else str(value)), body)

    story: list[Any] = [Paragraph(_escaped(report.title), title)]
    story += [
        Paragraph(f"{_escaped(name)}: {_escaped(value)}", body) for name, value in report.head
    ]
    for sheet in report.sheets:
        story += [Spacer(1, 6), Paragraph(_escaped(sheet.title), heading)]
        cells = [[said(cell) for cell in row] for row in [sheet.header, *sheet.rows]]
        story.append(LongTable(cells, repeatRows=1, style=lines))
    target = io.BytesIO()
    margin = 36
    page = SimpleDocTemplate(
        target, pagesize=landscape(A4), title=report.title,
        leftMargin=margin, rightMargin=margin, topMargin=margin, bottomMargin=margin,
    )  # fmt: skip
    page.build(story)
    return target.getvalue()


def _head(reader: Reader, recall: Recall, zone: str) -> list[tuple[str, str]]:
    _ = reader
    start = recall.start
    # Of a supply only the end may be known: what is left of it reads "– until then".
    known = [at and reader.moment(datetime.fromisoformat(at), zone) for at in start["span"]]
    span = [at or "" for at in known] if any(known) else []
    started = f"{_starts(reader)[start['kind']]} {start['name']}"
    closed = (
        f"{reader.moment(recall.closed_at, zone)} · {recall.closed_by}"
        if recall.closed_at
        else _("still open")
    )
    return [
        (_("Why"), recall.reason),
        (_("Started from"), " · ".join([started, " – ".join(span)] if span else [started])),
        (_("Opened"), f"{reader.moment(recall.opened_at, zone)} · {recall.opened_by}"),
        (_("Found in"), f"{recall.found_in_s:g} s"),
        (_("Lots"), str(len(recall.found["lots"]))),
        (_("Still in stock"), _grams(lot for lot in recall.found["lots"] if lot["is_open"])),
        (_("Signed off"), closed),
        *([(_("What was learnt"), recall.findings)] if recall.findings else []),
    ]


def _starts(_: Reader) -> dict[str, str]:
    return {
        "lot": _("lot"),
        "tank": _("tank"),
        "probe": _("probe"),
        "worker": _("person"),
        "place": _("place"),
    }


def _lot_header(_: Reader) -> list[str]:
    return [
        _("Lot"), _("Product"), _("Stage"), _("Left (pieces)"), _("Left [g]"), _("Where"),
        _("Shipped [g]"), _("Given back [g]"), _("Destroyed [g]"), _("Samples [g]"),
    ]  # fmt: skip


def _lot_row(reader: Reader, lot: Mapping[str, Any], stages: Mapping[str, str]) -> list[object]:
    ja = reader.language == "ja"
    left = lot["left"] if lot["is_open"] else {"pieces": 0, "weight_g": 0}
    return [
        lot["code"],
        lot["what_ja"] if ja else lot["what"],
        stages[lot["stage"]],
        left["pieces"],
        left["weight_g"],
        (lot["zone_ja"] if ja else lot["zone"]) if lot["is_open"] else None,
        *(lot[name]["weight_g"] for name in ("shipped", "returned", "destroyed", "sampled")),
    ]


def _party_header(_: Reader) -> list[str]:
    return [_("Partner"), _("Lot"), _("Pieces"), _("Weight [g]")]


def _party_rows(reader: Reader, recall: Recall) -> list[list[object]]:
    codes = {lot["id"]: lot["code"] for lot in recall.found["lots"]}
    return [
        [
            one["name_ja"] if reader.language == "ja" else one["name"],
            codes[lot_id],
            amount["pieces"],
            amount["weight_g"],
        ]
        for one in recall.found["recipients"]
        for lot_id, amount in one["lots"].items()
    ]


def _answer_row(
    reader: Reader, notice: RecallNotice, party: Party, told: Told | None, zone: str
) -> list[object]:
    return [
        reader.name(party),
        notice.sent_g,
        _how_told(reader, notice, told, zone),
        reader.moment(notice.answered_at, zone) if notice.answered_at else None,
        notice.answer,
        notice.returned_g,
        notice.destroyed_g,
    ]


def _how_told(_: Reader, notice: RecallNotice, told: Told | None, zone: str) -> str | None:
    if notice.queued_at is None:
        return None
    if told is not None and told.at is not None:
        return _.moment(told.at, zone)
    if told is not None and told.state == "nobody":
        return _("nobody: no contact is this partner's")
    if told is not None and told.error:
        return _("not delivered: {error}", error=told.error)
    return _("on its way since {at}", at=_.moment(notice.queued_at, zone))


def _grams(lots: Any) -> str:
    return f"{sum(lot['left']['weight_g'] or 0 for lot in lots):,} g"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
