"""an act by which a person says which stage of its recipe a lot is in"""

from alembic import op


revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

KINDS = ('sow', 'transplant', 'move', 'harvest', 'inspect', 'split', 'merge', 'pack', 'ship', 'receive', 'discard', 'void', 'import', 'rework', 'relabel', 'sample', 'return', 'count', 'hold', 'release', 'use', 'aggregate', 'disaggregate')


def upgrade() -> None:
    _allow((*KINDS, 'stage'))


def downgrade() -> None:
    _allow(KINDS)


def _allow(kinds: tuple[str, ...]) -> None:
    with op.batch_alter_table('act', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_act_kind'), type_='check')
        batch_op.create_check_constraint(batch_op.f('ck_act_kind'), f'kind IN {kinds}')
