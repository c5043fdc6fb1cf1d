"""promises to partners, supply contracts, and an agronomist's word on a forecast"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op


revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None

TEXT, MOMENT = sqlmodel.sql.sqltypes.AutoString, sqlmodel.sql.sqltypes.UTCDateTime


def upgrade() -> None:
    op.create_table('supply_contract',
    sa.Column('id', TEXT(), nullable=False),
    sa.Column('crop_id', TEXT(), nullable=False),
    sa.Column('party_id', TEXT(), nullable=False),
    sa.Column('weekly_g', sa.Integer(), nullable=False),
    sa.Column('priority', sa.Integer(), nullable=False),
    sa.Column('since', sa.Date(), nullable=False),
    sa.Column('until', sa.Date(), nullable=True),
    sa.Column('made_at', MOMENT(), nullable=False),
    sa.Column('made_by', TEXT(), nullable=False),
    sa.CheckConstraint('weekly_g >= 0', name=op.f('ck_supply_contract_weekly')),
    sa.CheckConstraint('priority >= 1', name=op.f('ck_supply_contract_priority')),
    sa.CheckConstraint('until IS NULL OR until > since', name=op.f('ck_supply_contract_half_open')),
    sa.ForeignKeyConstraint(['crop_id'], ['crop.id'], name=op.f('fk_supply_contract_crop_id')),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_supply_contract_party_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_supply_contract'))
    )
    op.create_table('promise',
    sa.Column('id', TEXT(), nullable=False),
    sa.Column('crop_id', TEXT(), nullable=False),
    sa.Column('party_id', TEXT(), nullable=False),
    sa.Column('trade_item_id', TEXT(), nullable=True),
    sa.Column('week', sa.Date(), nullable=False),
    sa.Column('weight_g', sa.Integer(), nullable=False),
    sa.Column('packs', sa.Integer(), nullable=True),
    sa.Column('cases', sa.Integer(), nullable=True),
    sa.Column('packs_per_case', sa.Integer(), nullable=True),
    sa.Column('confidence', sa.Float(), nullable=False),
    sa.Column('shortfall', sa.Float(), nullable=False),
    sa.Column('remainder_g', sa.Integer(), nullable=False),
    sa.Column('p10_g', sa.Integer(), nullable=False),
    sa.Column('p50_g', sa.Integer(), nullable=False),
    sa.Column('p90_g', sa.Integer(), nullable=False),
    sa.Column('naive_g', sa.Integer(), nullable=False),
    sa.Column('model_g', sa.Integer(), nullable=False),
    sa.Column('agronomist_g', sa.Integer(), nullable=True),
    sa.Column('agreed_g', sa.Integer(), nullable=False),
    sa.Column('lots_share', sa.Float(), nullable=False),
    sa.Column('forecast_id', TEXT(), nullable=False),
    sa.Column('forecast_lots_id', TEXT(), nullable=True),
    sa.Column('note', TEXT(), nullable=False),
    sa.Column('made_at', MOMENT(), nullable=False),
    sa.Column('made_by', TEXT(), nullable=False),
    sa.CheckConstraint('weight_g >= 0', name=op.f('ck_promise_weight')),
    sa.CheckConstraint('confidence > 0 AND confidence < 1', name=op.f('ck_promise_confidence')),
    sa.CheckConstraint('shortfall >= 0 AND shortfall <= 1', name=op.f('ck_promise_shortfall')),
    sa.ForeignKeyConstraint(['crop_id'], ['crop.id'], name=op.f('fk_promise_crop_id')),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_promise_party_id')),
    sa.ForeignKeyConstraint(['trade_item_id'], ['trade_item.id'], name=op.f('fk_promise_trade_item_id')),
    sa.ForeignKeyConstraint(['forecast_id'], ['forecast.id'], name=op.f('fk_promise_forecast_id')),
    sa.ForeignKeyConstraint(['forecast_lots_id'], ['forecast_lots.id'], name=op.f('fk_promise_forecast_lots_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_promise'))
    )
    op.create_table('forecast_remark',
    sa.Column('id', TEXT(), nullable=False),
    sa.Column('crop_id', TEXT(), nullable=False),
    sa.Column('week', sa.Date(), nullable=False),
    sa.Column('weight_g', sa.Integer(), nullable=True),
    sa.Column('withdraws', sa.Boolean(), nullable=False),
    sa.Column('reason', TEXT(), nullable=False),
    sa.Column('made_at', MOMENT(), nullable=False),
    sa.Column('made_by', TEXT(), nullable=False),
    sa.CheckConstraint('weight_g >= 0', name=op.f('ck_forecast_remark_weight')),
    sa.ForeignKeyConstraint(['crop_id'], ['crop.id'], name=op.f('fk_forecast_remark_crop_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_forecast_remark'))
    )
    for table, columns in (
        ('supply_contract', ('crop_id', 'party_id')),
        ('promise', ('crop_id', 'party_id', 'week')),
        ('forecast_remark', ('crop_id',)),
    ):
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in columns:
                batch_op.create_index(batch_op.f(f'ix_{table}_{column}'), [column], unique=False)


def downgrade() -> None:
    op.drop_table('forecast_remark')
    op.drop_table('promise')
    op.drop_table('supply_contract')
