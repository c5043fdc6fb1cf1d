"""Lot codes by the pattern a farm sets, such as "{site}{date}-{n2}": never reused, even if voided.

    {site} code of the site   {date} YYMMDD   {yy} year   {week} ISO week   {day} day of the year
    {crop} code of the crop   {line} the packing line   {n}, {n2} .. {n4} a counter, padded

The counter counts lots whose code is otherwise the same. Who may give a code is not the farm's to
choose: a traceability lot code is given at initial packing and at transformation, by whoever does
that, and to what comes from an exempt supplier (21 CFR 1.1320). Codes before that are our own.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from string import Formatter
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from traceability.errors import BadValue, NoLotCode, Phrase
from traceability.gs1 import Gs1Error, check_lot_code
from traceability.models import Lot, LotRule, Site, new_id

FIELDS = ("site", "date", "yy", "week", "day", "crop", "line")
COUNTERS = {"n": 1, "n2": 2, "n3": 3, "n4": 4}


@dataclass(frozen=True, slots=True)
class Rule:
    """What a site calls a lot, and how it writes its code; an empty pattern: codes are typed."""

    code_pattern: str = ""
    line: str = ""
    definition: str = ""
    definition_ja: str = ""


def check_pattern(pattern: str) -> str:
    """Return a pattern that can make codes.

    Raises:
        BadValue: a field it does not know, no counter or two, or codes that no label could carry.
    """
    try:
        names = [name for _, name, _, _ in Formatter().parse(pattern) if name is not None]
    except ValueError as error:
        raise _bad(pattern, f"text that cannot be read ({error})") from error
    unknown = [name for name in names if name not in (*FIELDS, *COUNTERS)]
    if unknown:
        raise _bad(pattern, f"{{{unknown[0]}}}")
    if len([name for name in names if name in COUNTERS]) != 1:
        raise _bad(pattern, "no counter, or more than one")
    sample = dict.fromkeys(FIELDS, "0") | {"date": "261125", "week": "48", "day": "329"}
    try:
        check_lot_code(pattern.format(**sample, **_padded(1)))
    except (Gs1Error, ValueError, IndexError) as error:
        raise _bad(pattern, str(error)) from error
    return pattern


def ensure_rule(session: Session, site: Site, rule: Rule, *, since: datetime) -> None:
    """Keep the rule from `since` on; saying again what is already so changes nothing."""
    if rule.code_pattern:
        check_pattern(rule.code_pattern)
    now = rule_at(session, site.id, since)
    if rule == (Rule() if now is None else _of(now)):
        return
    row = LotRule(
        id=new_id(),
        site_id=site.id,
        since=since,
        code_pattern=rule.code_pattern,
        line=rule.line,
        definition=rule.definition,
        definition_ja=rule.definition_ja,
    )
    session.add(row)
    session.flush()


def rule_at(session: Session, site_id: str, at: datetime) -> LotRule | None:
    """Return the rule that held at a site at that time."""
    query = select(LotRule).where(LotRule.site_id == site_id, LotRule.since <= at)
    return session.exec(query.order_by(col(LotRule.since).desc()).limit(1)).first()


def next_code(session: Session, site: Site, *, kind: str, at: datetime, crop: str) -> str:
    """Return the next code by the site's pattern.

    Raises:
        NoLotCode: the site has no pattern.
    """
    rule = rule_at(session, site.id, at) or _first_rule(session, site.id)
    if rule is None or not rule.code_pattern:
        raise NoLotCode(
            kind=kind,
            because="the site has no pattern for lot codes",
            next_step="give a code, or set code_pattern under [lots]",
        )
    day = at.astimezone(ZoneInfo(site.time_zone))
    fields = {
        "site": site.code,
        "date": f"{day:%y%m%d}",
        "yy": f"{day:%y}",
        "week": f"{day.isocalendar().week:02d}",
        "day": f"{day:%j}",
        "crop": crop,
        "line": rule.line,
    }
    number = _last(session, site, rule.code_pattern, fields) + 1
    return check_lot_code(rule.code_pattern.format(**fields, **_padded(number)))


def _first_rule(session: Session, site_id: str) -> LotRule | None:
    """The oldest rule: what was done before the site had one is written down afterwards, too."""
    query = select(LotRule).where(LotRule.site_id == site_id).order_by(col(LotRule.since))
    return session.exec(query.limit(1)).first()


def _last(session: Session, site: Site, pattern: str, fields: dict[str, str]) -> int:
    """Return the highest number that codes of this day, line, ... carry already; 0: none."""
    mark = "\0"
    head, tail = pattern.format(**fields, **dict.fromkeys(COUNTERS, mark)).split(mark)
    query = select(Lot.code).where(Lot.organisation_id == site.organisation_id)
    codes = session.exec(query.where(col(Lot.code).startswith(head, autoescape=True))).all()
    shape = re.compile(re.escape(head) + r"(\d+)" + re.escape(tail))
    return max((int(m[1]) for code in codes if (m := shape.fullmatch(code))), default=0)


def _padded(number: int) -> dict[str, str]:
    return {name: f"{number:0{width}d}" for name, width in COUNTERS.items()}


def _of(row: LotRule) -> Rule:
    return Rule(row.code_pattern, row.line, row.definition, row.definition_ja)


def _bad(pattern: str, got: str) -> BadValue:
    known = ", ".join(f"{{{name}}}" for name in (*FIELDS, *COUNTERS))
    return BadValue(
        field="code_pattern",
        expected=Phrase(
            "a lot code of at most 20 characters with one counter, from {known}", known=known
        ),
        got=f"{pattern!r}: {got}",
        next_step='write it as "{site}{date}-{n2}"',
    )
