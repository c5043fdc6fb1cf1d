"""weeks a forecast is not to learn from"""

import sqlalchemy as sa
from alembic import op


revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # With a default: a version that does not know the column goes on writing remarks.
    with op.batch_alter_table('forecast_remark', schema=None) as batch_op:
        batch_op.add_column(sa.Column('excludes', sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table('forecast_remark', schema=None) as batch_op:
        batch_op.drop_column('excludes')
