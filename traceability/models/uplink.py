"""On an edge: how far its hub has receipted what is here, and what the hub refused.

Readings are not copied for sending: a mark per series says up to where they are at the hub, gaps
say what lies before the mark and is not.
"""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, CheckConstraint
from sqlmodel import Field, SQLModel

STREAMS = ("records", "telemetry")


class UplinkReceipt(SQLModel, table=True):
    """The last number of a stream that the hub said it has on disk."""

    __tablename__ = "uplink_receipt"
    __table_args__ = (CheckConstraint(f"stream IN {STREAMS}", name="stream"),)

    stream: str = Field(primary_key=True)
    number: int = Field(sa_type=BigInteger)
    received_at: datetime


class UplinkMark(SQLModel, table=True):
    """Readings of a series up to here are at the hub, but for its gaps; later ones are not."""

    __tablename__ = "uplink_mark"

    series_id: int = Field(
        foreign_key="series.id", primary_key=True, sa_column_kwargs={"autoincrement": False}
    )
    at_ms: int = Field(sa_type=BigInteger)


class UplinkGap(SQLModel, table=True):
    """Readings from `start_ms` to `end_ms`, both included, that are still to be sent."""

    __tablename__ = "uplink_gap"
    __table_args__ = (CheckConstraint("start_ms <= end_ms", name="ordered"),)

    id: int | None = Field(default=None, primary_key=True)
    series_id: int = Field(foreign_key="series.id", index=True)
    start_ms: int = Field(sa_type=BigInteger, index=True)
    end_ms: int = Field(sa_type=BigInteger)
    is_thinned: bool = False  # too old to be sent whole: minutes instead of readings


class UplinkSent(SQLModel, table=True):
    """Which times the telemetry batches of these numbers held: sent again to a hub that lost them.

    Kept by the hour, for all series together; sending too much again is harmless.
    """

    __tablename__ = "uplink_sent"

    first: int = Field(
        sa_type=BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False}
    )
    last: int = Field(sa_type=BigInteger)
    start_ms: int = Field(sa_type=BigInteger)
    end_ms: int = Field(sa_type=BigInteger)
    began_at: datetime


class UplinkRefusal(SQLModel, table=True):
    """A record the hub does not take, with its reason; the stream went on without it."""

    __tablename__ = "uplink_refusal"

    sequence: int = Field(
        sa_type=BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False}
    )
    kind: str
    ref: str = Field(index=True)
    code: str  # of the error, as in `api.problems`
    detail: str  # the sentence, in English
    facts: dict[str, object] = Field(sa_type=JSON)
    refused_at: datetime
