"""What is used and not sold: substrate, fertiliser, packaging; where a trace begins."""

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from traceability.models.base import new_id

MATERIAL_KINDS = ("seed", "substrate", "fertiliser", "protection", "packaging", "other")


class Material(SQLModel, table=True):
    """One kind of supply as the farm names it; seed may be a lot of its crop instead."""

    __table_args__ = (
        UniqueConstraint("organisation_id", "code"),
        CheckConstraint(f"kind IN {MATERIAL_KINDS}", name="kind"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id")
    code: str
    name: str
    name_ja: str = ""
    kind: str
