"""where history changed: readings stored behind a newer one of their series"""

import sqlalchemy as sa
from alembic import op


revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('backfill',
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('series_id', sa.Integer(), nullable=False),
    sa.Column('start_ms', sa.BigInteger(), nullable=False),
    sa.Column('end_ms', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['series_id'], ['series.id'], name=op.f('fk_backfill_series_id')),
    sa.PrimaryKeyConstraint('sequence', name=op.f('pk_backfill')),
    sqlite_autoincrement=True
    )
    op.create_table('backfill_cursor',
    sa.Column('consumer', sa.String(), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('consumer', name=op.f('pk_backfill_cursor'))
    )


def downgrade() -> None:
    op.drop_table('backfill_cursor')
    op.drop_table('backfill')
