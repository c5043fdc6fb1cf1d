"""Where codes lead beside Minori's own pages: what was said about links, never edited."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from traceability.models.base import new_id

LINK_EVENT_KINDS = ("set", "end", "withdraw", "restore")


class LinkEvent(SQLModel, table=True):
    """One thing somebody said of an identity's links; what holds now is folded from all of them.

    `anchor` is the path of the identity, `/01/{gtin}/10/{lot}`: the address before it may change,
    what is printed may not. `link_id` is the first `set` of a link, which later ones replace.
    """

    __tablename__ = "link_event"
    __table_args__ = (
        CheckConstraint(f"kind IN {LINK_EVENT_KINDS}", name="kind"),
        CheckConstraint("starts < ends", name="half_open"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id")
    anchor: str = Field(index=True)
    kind: str
    link_id: str | None = None  # None: of the identity itself
    relation: str = ""  # a full URI
    href: str = ""
    title: str = ""
    language: str = ""  # of the target; empty: for everybody, as are the next two
    media_type: str = ""
    context: str = ""
    is_default: bool = False  # where a reader goes who asks for nothing else
    with_lots: bool = False  # of a product's default: its lots lead there, too
    starts: datetime | None = None
    ends: datetime | None = None
    said_at: datetime
    said_by: str
    reason: str = ""
