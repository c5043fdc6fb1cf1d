"""What the tables share: identifiers made where a row is made, and names of constraints.

SQLModel does not validate table classes on construction, so what must hold is a CHECK constraint
here and a refusal in the verbs; the first is the last line of defence.
"""

from typing import Protocol

import uuid_utils
from sqlmodel import SQLModel

# Alembic needs stable names to alter a constraint later.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class HasId(Protocol):
    """Whatever is known by a row's id: the row itself, or a plain value made of it."""

    @property
    def id(self) -> str: ...


def new_id() -> str:
    """Return a UUIDv7: made on a site without asking anyone, sorting by the time it was made."""
    return str(uuid_utils.uuid7())
