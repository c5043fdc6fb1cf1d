"""what partners ordered, week by week"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op


revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('partner_order',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('crop_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('party_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('week', sa.Date(), nullable=False),
    sa.Column('weight_g', sa.Integer(), nullable=False),
    sa.Column('reference', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('made_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('made_by', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.CheckConstraint('weight_g >= 0', name=op.f('ck_partner_order_weight')),
    sa.ForeignKeyConstraint(['crop_id'], ['crop.id'], name=op.f('fk_partner_order_crop_id')),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_partner_order_party_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_partner_order'))
    )
    with op.batch_alter_table('partner_order', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_partner_order_crop_id'), ['crop_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_partner_order_party_id'), ['party_id'], unique=False)


def downgrade() -> None:
    op.drop_table('partner_order')
