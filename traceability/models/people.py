"""Who may sign in."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from traceability.models.base import new_id

USER_ROLES = ("admin", "grower", "partner")


class User(SQLModel, table=True):
    __table_args__ = (CheckConstraint(f"role IN {USER_ROLES}", name="role"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    name: str = Field(unique=True)
    password_hash: str  # argon2id, with its parameters
    role: str
    party_id: str | None = Field(default=None, foreign_key="party.id")  # whose, of a partner
    created_at: datetime
