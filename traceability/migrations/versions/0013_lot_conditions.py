"""what closed lots lived through; how far back rows of days go"""

import sqlalchemy as sa
from alembic import op
import sqlmodel.sql.sqltypes


revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('lot_conditions',
    sa.Column('lot_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('closed_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('made_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('settled_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('resolution', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('readings', sa.Integer(), nullable=False),
    sa.Column('good', sa.Float(), nullable=True),
    sa.Column('gaps', sa.Integer(), nullable=False),
    sa.Column('body', sa.JSON(), nullable=False),
    sa.CheckConstraint('good >= 0 AND good <= 1', name=op.f('ck_lot_conditions_good')),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_lot_conditions_lot_id')),
    sa.PrimaryKeyConstraint('lot_id', name=op.f('pk_lot_conditions'))
    )
    op.add_column(
        'rollup_mark',
        sa.Column('day_from_ms', sa.BigInteger(), server_default='0', nullable=False),
    )


def downgrade() -> None:
    with op.batch_alter_table('rollup_mark', schema=None) as batch_op:
        batch_op.drop_column('day_from_ms')
    op.drop_table('lot_conditions')
