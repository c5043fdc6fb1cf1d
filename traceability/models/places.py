"""Who owns what, and where things stand: organisation, site, zone."""

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from traceability.models.base import new_id

ZONE_KINDS = ("growing_room", "greenhouse", "nursery", "packing", "cold_store", "tank", "other")


class Organisation(SQLModel, table=True):
    """The owner of rows, so that several farms can meet on one hub."""

    id: str = Field(default_factory=new_id, primary_key=True)
    code: str = Field(unique=True)
    name: str
    name_ja: str = ""
    gs1_prefix: str | None = None  # GS1 Company Prefix, 4 to 12 digits


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
    address: str = ""  # in one line, country last, as a location description has it
    phone: str = ""


class Feed(SQLModel, table=True):
    """Which tank feeds which zone, half-open: what went into the tank went to the lots there."""

    __table_args__ = (
        UniqueConstraint("zone_id", "start"),
        CheckConstraint('"end" IS NULL OR "end" > start', name="half_open"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    tank_id: str = Field(foreign_key="zone.id", index=True)
    zone_id: str = Field(foreign_key="zone.id", index=True)
    start: datetime
    end: datetime | None = None


class LotRule(SQLModel, table=True):
    """What the site calls a lot and how it writes a lot's code, from `since` on: kept with the
    data, because whoever reads a lot in ten years needs to know what one was then."""

    __tablename__ = "lot_rule"
    __table_args__ = (UniqueConstraint("site_id", "since"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    site_id: str = Field(foreign_key="site.id")
    since: datetime
    code_pattern: str  # traceability.codes
    line: str = ""  # what {line} stands for in it
    definition: str
    definition_ja: str = ""


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
