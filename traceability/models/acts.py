"""What was done: an act, the lots it touched, and how much of which lot went into which.

An act is never edited. `body` holds its canonical bytes (RFC 8785 JSON with a schema number): what
an EPCIS event is made from and what a verifiable log will hash, kept from the first day.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, LargeBinary
from sqlmodel import Field, SQLModel

ACT_KINDS = (
    "sow",
    "transplant",
    "move",
    "harvest",
    "inspect",
    "split",
    "merge",
    "pack",
    "ship",
    "receive",
    "discard",
    "void",
    "import",
    "rework",
    "relabel",
    "sample",
    "return",
    "count",
    "hold",
    "release",
    "use",
    "aggregate",
    "disaggregate",
    "stage",
)
ROLES = ("input", "output", "subject", "gain", "count")


class Act(SQLModel, table=True):
    __table_args__ = (CheckConstraint(f"kind IN {ACT_KINDS}", name="kind"),)

    sequence: int | None = Field(default=None, primary_key=True)  # order of recording
    id: str = Field(unique=True)  # UUIDv7, given where it happened
    kind: str
    happened_at: datetime = Field(index=True)
    offset_minutes: int  # of local time from UTC where and when it happened
    recorded_at: datetime
    performer: str
    recorder: str
    site_id: str = Field(foreign_key="site.id")
    zone_id: str | None = Field(default=None, foreign_key="zone.id", index=True)
    from_party_id: str | None = Field(default=None, foreign_key="party.id")
    to_party_id: str | None = Field(default=None, foreign_key="party.id", index=True)
    voids_id: str | None = Field(default=None, unique=True)  # the act this one takes back
    note: str = ""
    body: bytes = Field(sa_type=LargeBinary)
    digest: str  # SHA-256 of body, hex
    request_digest: str  # SHA-256 of what was asked: tells a repeat from a conflict


class ActLine(SQLModel, table=True):
    """One lot's part in an act: an output makes it, an input takes from it, a gain adds to it, a
    count says what it really holds, a subject none of these."""

    __tablename__ = "act_line"
    __table_args__ = (
        CheckConstraint(f"role IN {ROLES}", name="role"),
        CheckConstraint("pieces >= 0", name="pieces"),
        CheckConstraint("weight_g >= 0", name="weight"),
    )

    id: int | None = Field(default=None, primary_key=True)
    act_id: str = Field(foreign_key="act.id", index=True)
    lot_id: str = Field(foreign_key="lot.id", index=True)
    role: str
    pieces: int | None = None
    weight_g: int | None = None
    closes: bool = False  # nothing is left after this, though how much there was is unknown


class Flow(SQLModel, table=True):
    """An edge of the graph: how much of one lot went into another, and by which act."""

    __table_args__ = (
        CheckConstraint("source_id <> target_id", name="no_loop"),
        CheckConstraint("weight_g >= 0", name="weight"),
    )

    id: int | None = Field(default=None, primary_key=True)
    act_id: str = Field(foreign_key="act.id", index=True)
    source_id: str = Field(foreign_key="lot.id", index=True)
    target_id: str = Field(foreign_key="lot.id", index=True)
    pieces: int | None = None
    weight_g: int | None = None


class Inspection(SQLModel, table=True):
    """A measured property of a lot, such as potassium in mg/100 g."""

    id: int | None = Field(default=None, primary_key=True)
    act_id: str = Field(foreign_key="act.id", index=True)
    lot_id: str = Field(foreign_key="lot.id", index=True)
    measure: str  # "potassium"
    value: float
    unit: str  # "mg/100 g"
    method: str = ""
