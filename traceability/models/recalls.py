"""A recall, for real or as an exercise: what was looked for, what was found, who was told."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint
from sqlmodel import Field, SQLModel

from traceability.models.base import new_id

RECALL_KINDS = ("exercise", "real")


class Recall(SQLModel, table=True):
    """One recall. `found` is what was found when it was opened, and stays as it was then."""

    __table_args__ = (CheckConstraint(f"kind IN {RECALL_KINDS}", name="kind"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id")
    kind: str
    reason: str
    start: dict[str, Any] = Field(sa_type=JSON)  # what was asked, see traceability.recall_starts
    opened_at: datetime = Field(index=True)
    opened_by: str
    found_in_s: float  # how long the answer took [s]
    found: dict[str, Any] = Field(sa_type=JSON)
    closed_at: datetime | None = None
    closed_by: str = ""  # who signed it off
    findings: str = ""  # what was learnt


class RecallLot(SQLModel, table=True):
    """A lot that a recall is about; its public page says so while a real one is open."""

    __tablename__ = "recall_lot"

    recall_id: str = Field(foreign_key="recall.id", primary_key=True)
    lot_id: str = Field(foreign_key="lot.id", primary_key=True, index=True)


class RecallNotice(SQLModel, table=True):
    """A partner who received some of it, and what came of telling them."""

    __tablename__ = "recall_notice"
    __table_args__ = (
        CheckConstraint("returned_g >= 0", name="returned"),
        CheckConstraint("destroyed_g >= 0", name="destroyed"),
    )

    recall_id: str = Field(foreign_key="recall.id", primary_key=True)
    party_id: str = Field(foreign_key="party.id", primary_key=True)
    sent_g: int | None = None  # what they got, as far as it was weighed
    queued_at: datetime | None = None  # None: an exercise tells nobody
    answered_at: datetime | None = None
    answered_by: str = ""
    answer: str = ""
    returned_g: int | None = None
    destroyed_g: int | None = None
