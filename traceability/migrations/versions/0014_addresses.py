"""where a site and a partner can be reached"""

import sqlalchemy as sa
from alembic import op
import sqlmodel.sql.sqltypes


revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ('site', 'party'):
        with op.batch_alter_table(table, schema=None) as batch_op:
            for name in ('address', 'phone'):
                batch_op.add_column(sa.Column(name, sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default=''))


def downgrade() -> None:
    for table in ('party', 'site'):
        with op.batch_alter_table(table, schema=None) as batch_op:
            for name in ('phone', 'address'):
                batch_op.drop_column(name)
