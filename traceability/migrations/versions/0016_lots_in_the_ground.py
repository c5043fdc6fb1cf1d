"""sowing plans, and near weeks of a forecast made from lots in the ground"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op


revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('sowing_plan',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('crop_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('site_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('sow_on', sa.Date(), nullable=False),
    sa.Column('pieces', sa.Integer(), nullable=False),
    sa.Column('note', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('planned_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('planned_by', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('withdrawn_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('withdrawn_by', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.CheckConstraint('pieces > 0', name=op.f('ck_sowing_plan_pieces')),
    sa.ForeignKeyConstraint(['crop_id'], ['crop.id'], name=op.f('fk_sowing_plan_crop_id')),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_sowing_plan_site_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sowing_plan'))
    )
    with op.batch_alter_table('sowing_plan', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sowing_plan_crop_id'), ['crop_id'], unique=False)

    op.create_table('forecast_lots',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('forecast_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('made_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('given_digest', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('body', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.ForeignKeyConstraint(['forecast_id'], ['forecast.id'], name=op.f('fk_forecast_lots_forecast_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_forecast_lots'))
    )
    with op.batch_alter_table('forecast_lots', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_forecast_lots_forecast_id'), ['forecast_id'], unique=False)


def downgrade() -> None:
    op.drop_table('forecast_lots')
    op.drop_table('sowing_plan')
