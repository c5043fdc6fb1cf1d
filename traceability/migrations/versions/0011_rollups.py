"""rollups: minutes, hours and days of each series"""

import sqlalchemy as sa
from alembic import op


revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('rollup_minute',
    sa.Column('series_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('start_ms', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('good', sa.Integer(), nullable=False),
    sa.Column('uncertain', sa.Integer(), nullable=False),
    sa.Column('bad', sa.Integer(), nullable=False),
    sa.Column('total', sa.Double(), nullable=True),
    sa.Column('low', sa.Double(), nullable=True),
    sa.Column('high', sa.Double(), nullable=True),
    sa.ForeignKeyConstraint(['series_id'], ['series.id'], name=op.f('fk_rollup_minute_series_id')),
    sa.PrimaryKeyConstraint('series_id', 'start_ms', name=op.f('pk_rollup_minute')),
    sqlite_with_rowid=False
    )
    op.create_table('rollup_hour',
    sa.Column('series_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('start_ms', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('good', sa.Integer(), nullable=False),
    sa.Column('uncertain', sa.Integer(), nullable=False),
    sa.Column('bad', sa.Integer(), nullable=False),
    sa.Column('total', sa.Double(), nullable=True),
    sa.Column('low', sa.Double(), nullable=True),
    sa.Column('high', sa.Double(), nullable=True),
    sa.ForeignKeyConstraint(['series_id'], ['series.id'], name=op.f('fk_rollup_hour_series_id')),
    sa.PrimaryKeyConstraint('series_id', 'start_ms', name=op.f('pk_rollup_hour')),
    sqlite_with_rowid=False
    )
    op.create_table('rollup_day',
    sa.Column('series_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('start_ms', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('good', sa.Integer(), nullable=False),
    sa.Column('uncertain', sa.Integer(), nullable=False),
    sa.Column('bad', sa.Integer(), nullable=False),
    sa.Column('total', sa.Double(), nullable=True),
    sa.Column('low', sa.Double(), nullable=True),
    sa.Column('high', sa.Double(), nullable=True),
    sa.ForeignKeyConstraint(['series_id'], ['series.id'], name=op.f('fk_rollup_day_series_id')),
    sa.PrimaryKeyConstraint('series_id', 'start_ms', name=op.f('pk_rollup_day')),
    sqlite_with_rowid=False
    )
    op.create_table('rollup_mark',
    sa.Column('series_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('minute_ms', sa.BigInteger(), nullable=False),
    sa.Column('hour_ms', sa.BigInteger(), nullable=False),
    sa.Column('day_ms', sa.BigInteger(), nullable=False),
    sa.Column('time_zone', sa.String(), nullable=False),
    sa.Column('raw_from_ms', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('minute_from_ms', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('hour_from_ms', sa.BigInteger(), server_default='0', nullable=False),
    sa.ForeignKeyConstraint(['series_id'], ['series.id'], name=op.f('fk_rollup_mark_series_id')),
    sa.PrimaryKeyConstraint('series_id', name=op.f('pk_rollup_mark'))
    )
    op.create_table('rollup_due',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('series_id', sa.Integer(), nullable=False),
    sa.Column('start_ms', sa.BigInteger(), nullable=False),
    sa.Column('end_ms', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['series_id'], ['series.id'], name=op.f('fk_rollup_due_series_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rollup_due'))
    )


def downgrade() -> None:
    for name in ('rollup_due', 'rollup_mark', 'rollup_day', 'rollup_hour', 'rollup_minute'):
        op.drop_table(name)
