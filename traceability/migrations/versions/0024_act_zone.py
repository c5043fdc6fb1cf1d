"""what was poured into a tank is found by the tank"""

from alembic import op


revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('ix_act_zone_id', 'act', ['zone_id'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_act_zone_id', table_name='act')
