"""Recalls of what the partner who asks received, and that partner's answer."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Self

from fastapi import APIRouter
from pydantic import BaseModel, Field, StrictInt
from sqlmodel import Session

from api.auth import Viewer
from api.deps import InWeb, ReadSession, SignedIn, WriteSession
from api.errors import NotAllowed
from api.problems import problems
from api.v1.shapes import Body
from traceability import notifications, recall_told, recalls
from traceability.errors import BadValue, NotFound, RecallOpen
from traceability.models import Party, Recall, RecallNotice

router = APIRouter(
    prefix="/api/v1/my/recalls",
    tags=["recalls"],
    responses=problems(NotAllowed, NotFound, BadValue, RecallOpen),
)


class MyAnswer(Body):
    answer: str = Field(min_length=1)
    returned_g: StrictInt | None = Field(None, ge=0)
    destroyed_g: StrictInt | None = Field(None, ge=0)


class RecalledOut(BaseModel):
    """So much of a lot that was received and not given back before."""

    lot: str
    lot_id: str
    what: str
    what_ja: str
    pieces: int | None
    weight_g: int | None


class MyRecallOut(BaseModel):
    id: str
    reason: str
    opened_at: datetime
    closed_at: datetime | None
    received: list[RecalledOut]
    answered_at: datetime | None
    answered_by: str
    answer: str
    returned_g: int | None
    destroyed_g: int | None

    @classmethod
    def of(cls, recall: Recall, notice: RecallNotice) -> Self:
        facts = recall.model_dump() | notice.model_dump()
        wanted = set(cls.model_fields) - {"received"}
        received = [RecalledOut(**one) for one in received_of(recall, notice.party_id)]
        return cls(**{key: facts[key] for key in wanted}, received=received)


@router.get("")
def list_mine(session: ReadSession, viewer: SignedIn) -> list[MyRecallOut]:
    """Return the recalls of what the signed-in partner received, newest first."""
    party = _party(session, viewer)
    return [MyRecallOut.of(*one) for one in recalls.of_party(session, party)]


@router.post("/{recall}/answer", status_code=201)
def answer(
    recall: str, body: MyAnswer, session: WriteSession, viewer: SignedIn, web: InWeb
) -> MyRecallOut:
    """Answer a recall; a later answer replaces it, until the farm has signed it off."""
    amounts = body.model_dump(include={"returned_g", "destroyed_g"})
    kept = answered(session, viewer, recall, body.answer, at=web.now(), **amounts)
    return MyRecallOut.of(*kept)


def answered(
    session: Session,
    viewer: Viewer,
    recall_id: str,
    text: str,
    *,
    at: datetime,
    **amounts: int | None,
) -> tuple[Recall, RecallNotice]:
    """Keep the answer of the partner who is signed in, and have the farm told.

    Args:
        amounts: `returned_g` and `destroyed_g`, as `recalls.answer` takes them.
    """
    party = _party(session, viewer)
    mine = {recall.id: recall for recall, _ in recalls.of_party(session, party)}
    if recall_id not in mine:
        # Of a recall that is somebody else's, nobody says that there is one.
        raise NotFound(what="recall", name=recall_id, next_step="choose one from the list")
    recall = mine[recall_id]
    notice = recalls.answer(session, recall, party, text=text, by=viewer.name, at=at, **amounts)
    notifications.tell(
        session,
        f"recall/{recall.id}/{party.code}/{at.isoformat()}",
        recall_told.ANSWERED,
        at=at,
        severity="warning",
        subject=recall.id,
        facts={
            "party": party.code,
            "party_id": party.id,
            "reason": recall.reason,
            "answer": text,
            **amounts,
        },
    )
    return recall, notice


def received_of(recall: Recall, party_id: str) -> Iterator[dict[str, Any]]:
    """Give what a partner had of each lot when the recall was opened."""
    lots = {lot["id"]: lot for lot in recall.found["lots"]}
    for one in recall.found["recipients"]:
        if one["party_id"] != party_id:
            continue
        for lot_id, amount in one["lots"].items():
            lot = lots[lot_id]
            named = {"lot": lot["code"], "what": lot["what"], "what_ja": lot["what_ja"]}
            yield {"lot_id": lot_id, **named, **amount}


def _party(session: Session, viewer: Viewer) -> Party:
    if viewer.party_id is None:
        raise NotAllowed(role=viewer.role)
    return session.get_one(Party, viewer.party_id)
