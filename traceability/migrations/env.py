"""Run by Alembic with a connection handed over by `traceability.database.upgrade`."""

from alembic import context
from sqlmodel import SQLModel

import traceability.models  # noqa: F401  fills the metadata

connection = context.config.attributes["connection"]
# SQLite cannot alter a table in place: batch mode copies it. PostgreSQL must not wait for a lock
# for ever while the farm is writing.
if connection.dialect.name == "postgresql":
    connection.exec_driver_sql("SET lock_timeout = '10s'")
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
