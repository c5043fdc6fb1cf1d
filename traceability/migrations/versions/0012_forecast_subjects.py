"""forecasts of a trade item, a site or a partner; what a fit was given, and its measured error"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op


revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

_REFERS = {'trade_item_id': 'trade_item', 'site_id': 'site', 'party_id': 'party'}


def upgrade() -> None:
    with op.batch_alter_table('forecast', schema=None) as batch_op:
        for column, table in _REFERS.items():
            batch_op.add_column(sa.Column(column, sqlmodel.sql.sqltypes.AutoString(), nullable=True))
            batch_op.create_foreign_key(batch_op.f(f'fk_forecast_{column}'), table, [column], ['id'])
        batch_op.add_column(sa.Column('given_digest', sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        batch_op.add_column(sa.Column('error', sa.Float(), nullable=True))
        batch_op.add_column(sa.Column('naive_error', sa.Float(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('forecast', schema=None) as batch_op:
        for column in ('naive_error', 'error', 'given_digest'):
            batch_op.drop_column(column)
        for column in _REFERS:
            batch_op.drop_constraint(batch_op.f(f'fk_forecast_{column}'), type_='foreignkey')
            batch_op.drop_column(column)
