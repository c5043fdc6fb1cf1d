"""Who owns what, and where things stand: organisation, site, zone."""

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from traceability.models.base import new_id

ZONE_KINDS = ("growing_room", "greenhouse", "nursery", "packing", "cold_store", "other")


class Organisation(SQLModel, table=True):
    """The owner of rows, so that several farms can meet on one hub."""

    id: str = Field(default_factory=new_id, primary_key=True)
    code: str = Field(unique=True)
    name: str
    name_ja: str = ""


class Site(SQLModel, table=True):
    """A farm or factory with one local day: DLI days and forecast weeks are its time zone's."""

    __table_args__ = (UniqueConstraint("organisation_id", "code"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id")
    code: str
    name: str
    name_ja: str = ""
    time_zone: str  # IANA, "Asia/Tokyo"
    origin: str = ""  # the place of origin as a label says it, "Fukushima"
    origin_ja: str = ""
    gln: str | None = None


class Zone(SQLModel, table=True):
    """A room, bay or store with one climate: what a stay and a placement point to."""

    __table_args__ = (
        UniqueConstraint("site_id", "code"),
        CheckConstraint(f"kind IN {ZONE_KINDS}", name="kind"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    site_id: str = Field(foreign_key="site.id")
    code: str
    name: str
    name_ja: str = ""
    kind: str = "growing_room"
