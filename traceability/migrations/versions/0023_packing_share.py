"""what of a harvest a promise took packing to leave"""

import sqlalchemy as sa
from alembic import op


revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('promise', schema=None) as batch_op:
        batch_op.add_column(sa.Column('packing_share', sa.Float(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('promise', schema=None) as batch_op:
        batch_op.drop_column('packing_share')
