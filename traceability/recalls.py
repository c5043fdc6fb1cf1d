"""A recall from the first question to the last answer, for real or as an exercise.

Opening one takes the time of the answer and keeps what was found. A real one also puts what is in
stock on hold, marks the public pages, and queues a notification to each partner who received some.
It is closed, and signed, once every partner has answered; an exercise tells nobody.
"""

import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from traceability import holds, notifications
from traceability.amounts import Amount
from traceability.errors import BadValue, NotFound, Phrase, RecallOpen
from traceability.models import (
    RECALL_KINDS,
    Lot,
    Organisation,
    Party,
    Recall,
    RecallLot,
    RecallNotice,
)
from traceability.occasions import Occasion
from traceability.recall_scope import Affected, Recipient, Scope, scope_of
from traceability.recall_starts import Start, lots_of
from traceability.recall_told import NOTICE
from traceability.texts import LONGEST_NOTE, refuse_text


def open_recall(
    session: Session,
    organisation: Organisation,
    start: Start,
    *,
    kind: str,
    reason: str,
    occasion: Occasion,
) -> Recall:
    """Find what is affected and keep it; of a real recall hold the stock and queue the notices.

    Raises:
        BadValue: no reason, an unknown kind, or nothing is affected.
    """
    if kind not in RECALL_KINDS or not reason.strip():
        raise BadValue(
            field="recall",
            expected="exercise or real, and a reason",
            got=f"{kind}, {reason!r}",
            next_step="say which, and why",
        )
    began = time.perf_counter()
    scope = _found(session, start)
    recall = Recall(
        organisation_id=organisation.id,
        kind=kind,
        reason=reason,
        start=start.facts(),
        opened_at=occasion.at,
        opened_by=occasion.by,
        found_in_s=round(time.perf_counter() - began, 3),
        found=facts_of(scope),
    )
    session.add(recall)
    session.flush()
    session.add_all(RecallLot(recall_id=recall.id, lot_id=lot.id) for lot in scope.lots)
    for one in scope.recipients:
        _notice(session, recall, one, scope)
    session.flush()
    if recall.kind == "real":
        _hold(session, scope, recall, occasion)
    return recall


def answer(
    session: Session,
    recall: Recall,
    party: Party,
    *,
    text: str,
    by: str,
    at: datetime,
    returned_g: int | None = None,
    destroyed_g: int | None = None,
) -> RecallNotice:
    """Keep what a partner answered; a later answer replaces it.

    Raises:
        BadValue: it says nothing.
        NotFound: the partner received nothing of it.
        RecallOpen: the recall is closed.
    """
    _refuse_closed(recall)
    refuse_text("answer", text, LONGEST_NOTE)
    if not text.strip():
        raise BadValue(
            field="answer", expected="what they said", got="nothing", next_step="write it down"
        )
    for grams in (returned_g, destroyed_g):
        Amount(weight_g=grams)  # refuses what is no weight
    notice = session.get(RecallNotice, (recall.id, party.id))
    if notice is None:
        raise NotFound(
            what="recipient", name=party.code, next_step="see who received some: minori recall show"
        )
    notice.answer, notice.answered_by, notice.answered_at = text, by, at
    notice.returned_g, notice.destroyed_g = returned_g, destroyed_g
    session.add(notice)
    session.flush()
    return notice


def close(session: Session, recall: Recall, *, by: str, findings: str, at: datetime) -> Recall:
    """Sign a recall off.

    Raises:
        RecallOpen: it is closed already, or a partner of a real one has not answered; names them.
    """
    _refuse_closed(recall)
    missing = [party.code for notice, party in notices(session, recall) if not notice.answered_at]
    if recall.kind == "real" and missing:
        raise RecallOpen(
            recall=recall.id,
            because=Phrase("no answer yet from {missing}", missing=", ".join(missing)),
            next_step="record each answer, or that they could not be reached",
        )
    recall.closed_at, recall.closed_by, recall.findings = at, by, findings
    session.add(recall)
    session.flush()
    return recall


def find(session: Session, recall_id: str) -> Recall:
    """Return a recall by its id or the end of it.

    Raises:
        NotFound: none, or several end so.
    """
    query = select(Recall).where(col(Recall.id).endswith(recall_id, autoescape=True))
    found = session.exec(query).all()
    if len(found) != 1 or not recall_id:
        raise NotFound(what="recall", name=recall_id, next_step="list them: minori recall list")
    return found[0]


def newest(session: Session, organisation: Organisation, *, limit: int = 50) -> Sequence[Recall]:
    query = select(Recall).where(Recall.organisation_id == organisation.id)
    return session.exec(query.order_by(col(Recall.opened_at).desc()).limit(limit)).all()


def notices(session: Session, recall: Recall) -> list[tuple[RecallNotice, Party]]:
    """Return who received some, and what they answered."""
    query = (
        select(RecallNotice, Party)
        .join(Party, col(Party.id) == col(RecallNotice.party_id))
        .where(RecallNotice.recall_id == recall.id)
        .order_by(col(Party.code))
    )
    return list(session.exec(query))


def of_party(session: Session, party: Party) -> list[tuple[Recall, RecallNotice]]:
    """Return the real recalls of what a partner received, newest first."""
    query = (
        select(Recall, RecallNotice)
        .join(RecallNotice, col(RecallNotice.recall_id) == col(Recall.id))
        .where(RecallNotice.party_id == party.id, Recall.kind == "real")
        .order_by(col(Recall.opened_at).desc())
    )
    return list(session.exec(query))


def of_lot(session: Session, lot_id: str) -> Recall | None:
    """Return the newest real recall about a lot, for its public page; None: there was none."""
    query = (
        select(Recall)
        .join(RecallLot, col(RecallLot.recall_id) == col(Recall.id))
        .where(RecallLot.lot_id == lot_id, Recall.kind == "real")
    )
    return session.exec(query.order_by(col(Recall.opened_at).desc())).first()


def facts_of(scope: Scope) -> dict[str, Any]:
    """Return a scope as JSON holds it."""
    return {
        "lots": [asdict(lot) for lot in scope.lots],
        "recipients": [asdict(one) for one in scope.recipients],
    }


def _found(session: Session, start: Start) -> Scope:
    starts = lots_of(session, start)
    if not starts:
        raise BadValue(
            field="start",
            expected="something that touched a lot",
            got=Phrase(
                "{kind} {start}, which touched none then", kind=start.kind, start=start.name
            ),
            next_step="check the name and the span",
        )
    # Of a supply: until when the tank held it. Of all else the end is the end of what was asked.
    return scope_of(session, starts, until=start.end if start.kind == "lot" else None)


def _notice(session: Session, recall: Recall, one: Recipient, scope: Scope) -> None:
    is_real = recall.kind == "real"
    notice = RecallNotice(
        recall_id=recall.id,
        party_id=one.party_id,
        sent_g=one.amount.weight_g,
        queued_at=recall.opened_at if is_real else None,
    )
    session.add(notice)
    if is_real:
        lots = {lot.id: lot for lot in scope.lots}
        notifications.tell(
            session,
            f"recall/{recall.id}/{one.code}",
            NOTICE,
            at=recall.opened_at,
            severity="critical",
            audience=[one.code],
            subject=recall.id,
            facts={
                "reason": recall.reason,
                "weight_g": one.amount.weight_g,
                "lots": ", ".join(sorted(lots[lot_id].code for lot_id in one.lots)),
                "received": [_received(lots[lot_id], had) for lot_id, had in one.lots.items()],
            },
        )


def _received(lot: Affected, amount: Amount) -> dict[str, Any]:
    return {"lot": lot.code, "what": lot.what, "what_ja": lot.what_ja, **asdict(amount)}


def _hold(session: Session, scope: Scope, recall: Recall, occasion: Occasion) -> None:
    """Put on hold what is in stock, site by site; what is held already for this, too."""
    by_site: dict[str, list[Lot]] = {}
    for one in scope.in_stock:
        lot = session.get_one(Lot, one.id)
        by_site.setdefault(lot.site_id, []).append(lot)
    for lots in by_site.values():
        when = Occasion(occasion.at, occasion.by, recorder=occasion.recorder)
        holds.hold(session, when, lots=lots, reason=holds.RECALL + recall.reason)


def _refuse_closed(recall: Recall) -> None:
    if recall.closed_at is not None:
        raise RecallOpen(
            recall=recall.id,
            because=Phrase("it was closed by {closed_by}", closed_by=recall.closed_by),
            next_step="open another one",
        )
