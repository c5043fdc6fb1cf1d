"""With whom: suppliers, retail partners, carriers."""

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from traceability.models.base import new_id

PARTY_ROLES = ("partner", "supplier", "carrier", "other")


class Party(SQLModel, table=True):
    __table_args__ = (
        UniqueConstraint("organisation_id", "code"),
        CheckConstraint(f"role IN {PARTY_ROLES}", name="role"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id")
    code: str
    name: str
    name_ja: str = ""
    role: str = "partner"
    gln: str | None = None
    address: str = ""  # in one line, country last, as a location description has it
    phone: str = ""
    gives_lot_codes: bool = True  # False: exempt from FSMA 204, so that we give its lots a code
    is_public: bool = False  # whether a shopper may read that this party received a lot
