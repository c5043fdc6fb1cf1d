"""What a table holds, as a count and a digest: two databases with equal ones hold the same.

Taken of the record while it is copied and of the copy once it is restored, so that neither the
copying nor the restoring has to be believed.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Inspector, inspect, text

# Rows digested at a time: some hundred kilobytes.
_ROWS = 5000
_VERSION_TABLE = "alembic_version"

Heard = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Table:
    """How many rows, and a digest over all of them in the order of their key."""

    rows: int
    digest: str


def digests(connection: Connection, *, heard: Heard) -> Mapping[str, Table]:
    """Return every table's digest, as this transaction sees it.

    Args:
        heard: Told how many more rows were read, now and then.
    """
    inspector = inspect(connection)
    names = sorted(name for name in inspector.get_table_names() if not name.startswith("sqlite_"))
    return {name: _digest(connection, inspector, name, heard) for name in names}


def revision(connection: Connection) -> str:
    """Return the schema's revision; empty where no migration ever ran."""
    if not inspect(connection).has_table(_VERSION_TABLE):
        return ""
    return str(connection.scalar(text(f"SELECT version_num FROM {_VERSION_TABLE}")) or "")  # noqa: S608


def _digest(connection: Connection, inspector: Inspector, table: str, heard: Heard) -> Table:
    found, rows = hashlib.blake2b(digest_size=32), 0
    encode = msgspec.msgpack.Encoder(enc_hook=repr).encode
    # A server's whole table must not come at once.
    options = {"yield_per": _ROWS}
    result = connection.execute(
        text(_query(connection, inspector, table)), execution_options=options
    )
    for some in result.partitions():
        found.update(b"".join(encode(tuple(row)) for row in some))
        rows += len(some)
        heard(len(some))
    return Table(rows, found.hexdigest())


def _query(connection: Connection, inspector: Inspector, table: str) -> str:
    columns = inspector.get_columns(table)
    key = inspector.get_pk_constraint(table)["constrained_columns"]
    kinds = {column["name"]: column["type"] for column in columns}
    listed = ", ".join(f'"{column["name"]}"' for column in columns)
    order = ", ".join(_ordered(connection, name, kinds[name]) for name in key or list(kinds))
    return f'SELECT {listed} FROM "{table}" ORDER BY {order}'  # noqa: S608 names of our own schema


def _ordered(connection: Connection, name: str, kind: Any) -> str:
    """Order texts by their bytes: two servers may sort words otherwise."""
    is_text = kind.python_type is str
    return (
        f'"{name}" COLLATE "C"' if is_text and connection.dialect.name != "sqlite" else f'"{name}"'
    )
