"""On a hub: the edges that may send, how far each one's records are on our disk, and whose row a
row of an edge became here."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger
from sqlmodel import Field, SQLModel

from traceability.models.base import new_id


class Edge(SQLModel, table=True):
    """One site's computer. Of its credential only a hash is kept."""

    id: str = Field(default_factory=new_id, primary_key=True)
    name: str = Field(unique=True)  # "aizu/main": organisation and site
    organisation: str  # codes, as its settings have them
    site: str
    credential_hash: str  # SHA-256, hex
    # A new credential counts from its first use on; until then the old one does, too.
    next_credential_hash: str | None = None
    enrolled_at: datetime
    revoked_at: datetime | None = None
    last_seen_at: datetime | None = None
    said: dict[str, object] = Field(default_factory=dict, sa_type=JSON)  # what waits there


class EdgeCode(SQLModel, table=True):
    """A one-time code by which an edge gets its credential; short-lived, kept as a hash."""

    __tablename__ = "edge_code"

    code_hash: str = Field(primary_key=True)
    organisation: str | None = None  # the only one it lets in
    site: str | None = None
    edge_id: str | None = Field(default=None, foreign_key="edge.id")  # the edge it renews
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


class EdgeStream(SQLModel, table=True):
    """How much of one database of an edge is here; a restored database is a new stream."""

    __tablename__ = "edge_stream"

    edge_id: str = Field(foreign_key="edge.id", primary_key=True)
    store_id: str = Field(primary_key=True)
    records: int = Field(default=0, sa_type=BigInteger)
    telemetry: int = Field(default=0, sa_type=BigInteger)
    first_at: datetime
    last_at: datetime


class EdgeSite(SQLModel, table=True):
    """Which edge may write what happens at a site."""

    __tablename__ = "edge_site"

    site_id: str = Field(foreign_key="site.id", primary_key=True)
    edge_id: str = Field(foreign_key="edge.id", index=True)


class EdgeRow(SQLModel, table=True):
    """A row of an edge that is another one here: two sites share a crop, a series has a number."""

    __tablename__ = "edge_row"

    edge_id: str = Field(foreign_key="edge.id", primary_key=True)
    kind: str = Field(primary_key=True)
    ref: str = Field(primary_key=True)
    here: str


class EdgeRefusal(SQLModel, table=True):
    """A record we did not take, said again should the edge ask again."""

    __tablename__ = "edge_refusal"

    edge_id: str = Field(foreign_key="edge.id", primary_key=True)
    store_id: str = Field(primary_key=True)
    sequence: int = Field(
        sa_type=BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False}
    )
    kind: str
    ref: str
    code: str
    detail: str
    facts: dict[str, object] = Field(sa_type=JSON)
    refused_at: datetime
