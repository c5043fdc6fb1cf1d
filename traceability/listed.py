"""Ids handed to the database as one value, however many: JSON to SQLite, an array to PostgreSQL.

A bound value for each costs more than the query it is in: SQLAlchemy and the driver write the
statement anew, value by value (half of a recall over 50,000 lots), and SQLite takes 32,766 at most.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, JSON, BindParameter, Dialect, Select, String, bindparam, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine


def listed(ids: Sequence[str]) -> Select[tuple[str]]:
    """Return the ids as a query: `col(Lot.id).in_(listed(ids))`."""
    return _values(bindparam(None, list(ids), type_=_Ids(), unique=True))


def listed_as(name: str) -> Select[tuple[str]]:
    """Return the ids that a statement built once is handed by that name."""
    return _values(bindparam(name, type_=_Ids()))


def few(query: Select[Any]) -> Select[tuple[str]]:
    """Return a query of one column, `value`, as one that PostgreSQL expects a handful of rows from.

    How far a walk goes it reckons from the average lot: of a farm whose sowings become a hundred
    packs each it expects thousands on every way, and reads whole tables to trace one pack.
    """
    found = _Few(query.scalar_subquery()).table_valued("value", name="value")
    return select(found.c.value.label("id"))


def _values(ids: BindParameter[Any]) -> Select[tuple[str]]:
    # SQLite calls the column `value`, PostgreSQL as the table it is in.
    return select(_Each(ids).table_valued("value", name="value").c.value.label("id"))


class _Ids(TypeDecorator[Sequence[str]]):
    impl = JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        is_array = dialect.name == "postgresql"
        return dialect.type_descriptor(ARRAY(String()) if is_array else JSON())


class _Each(FunctionElement[str]):
    name = "each"
    type = String()
    inherit_cache = True


@compiles(_Each, "sqlite")
def _of_json(element: _Each, compiler: Any, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(_Each, "postgresql")
def _of_array(element: _Each, compiler: Any, **options: Any) -> str:
    return f"unnest({compiler.process(element.clauses, **options)})"


class _Few(FunctionElement[str]):
    name = "few"
    type = String()
    inherit_cache = True


@compiles(_Few, "sqlite")
def _as_it_is(element: _Few, compiler: Any, **options: Any) -> str:
    return f"({_inner(element, compiler, options)})"


@compiles(_Few, "postgresql")
def _unnested(element: _Few, compiler: Any, **options: Any) -> str:
    return f"unnest(ARRAY({_inner(element, compiler, options)}))"


def _inner(element: _Few, compiler: Any, options: dict[str, Any]) -> str:
    (query,) = element.clauses
    return str(compiler.process(query.element, **options | {"asfrom": False}))
