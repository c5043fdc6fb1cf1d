"""recipes in place of one range a quantity; what a trade item is kept at"""

from datetime import UTC, datetime

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
import uuid_utils
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('recipe',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('crop_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('since', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('made_by', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('why', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('recorded_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('body', sa.JSON(), nullable=False),
    sa.CheckConstraint('version > 0', name=op.f('ck_recipe_version')),
    sa.ForeignKeyConstraint(['crop_id'], ['crop.id'], name=op.f('fk_recipe_crop_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recipe'))
    )
    op.create_index(op.f('ix_recipe_crop_id'), 'recipe', ['crop_id'], unique=False)
    # Inline, because SQLite adds a column with its reference or copies the whole table.
    recipe_id: sa.Column[str] = sa.Column('recipe_id', sqlmodel.sql.sqltypes.AutoString(),
                          sa.ForeignKey('recipe.id', name=op.f('fk_lot_recipe_id')), nullable=True)
    op.add_column('lot', recipe_id, inline_references=True)
    op.add_column('trade_item', sa.Column('storage_low_c', sa.Float(), nullable=True))
    op.add_column('trade_item', sa.Column('storage_high_c', sa.Float(), nullable=True))
    _targets_become_recipes()


def downgrade() -> None:
    with op.batch_alter_table('trade_item', schema=None) as batch_op:
        batch_op.drop_column('storage_high_c')
        batch_op.drop_column('storage_low_c')

    with op.batch_alter_table('lot', schema=None) as batch_op:
        batch_op.drop_column('recipe_id')

    op.drop_index(op.f('ix_recipe_crop_id'), table_name='recipe')
    op.drop_table('recipe')


def _targets_become_recipes() -> None:
    """Each crop's ranges become its first recipe, of one stage; the old table is read no more."""
    connection = op.get_bind()
    rows = connection.execute(
        sa.text('SELECT crop_id, quantity, low, high FROM crop_target ORDER BY crop_id, quantity')
    ).all()
    ranges: dict[str, dict[str, object]] = {}
    for crop_id, quantity, low, high in rows:
        ranges.setdefault(crop_id, {})[quantity] = {'always': [low, high]}
    now = datetime.now(UTC)
    for crop_id, targets in ranges.items():
        _write(connection, str(uuid_utils.uuid7()), crop_id, targets, now)


def _write(connection: sa.Connection, recipe_id: str, crop_id: str, targets: dict[str, object], now: datetime) -> None:
    stage = {'code': 'growing', 'name': 'Growing', 'name_ja': '栽培', 'targets': targets}
    utc = sqlmodel.sql.sqltypes.UTCDateTime()
    recipe = sa.table('recipe', *(sa.column(name) for name in ('id', 'crop_id', 'version', 'made_by', 'why')),
                      sa.column('since', utc), sa.column('recorded_at', utc), sa.column('body', sa.JSON))
    body = {'stages': [stage], 'source': ''}
    connection.execute(recipe.insert().values(
        id=recipe_id, crop_id=crop_id, version=1, since=now, made_by='minori db upgrade',
        why='the crop\'s ranges from before there were recipes', recorded_at=now, body=body,
    ))
    outbox = sa.table('outbox', sa.column('kind'), sa.column('ref'), sa.column('created_at', utc))
    connection.execute(outbox.insert().values(kind='recipe', ref=recipe_id, created_at=now))
