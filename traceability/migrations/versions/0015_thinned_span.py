"""thinned_span: where a hub has minutes and no readings"""

import sqlalchemy as sa
from alembic import op


revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('thinned_span',
    sa.Column('series_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('start_ms', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('end_ms', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['series_id'], ['series.id'], name=op.f('fk_thinned_span_series_id')),
    sa.PrimaryKeyConstraint('series_id', 'start_ms', name=op.f('pk_thinned_span'))
    )


def downgrade() -> None:
    op.drop_table('thinned_span')
