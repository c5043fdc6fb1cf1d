"""Ids by the ten thousand reach the database as one value."""

from sqlmodel import Session, col, select

from tests.factories import a_farm
from traceability.listed import listed, listed_as
from traceability.models import Zone


def test_more_ids_than_a_statement_takes_values(session: Session) -> None:
    """SQLite refuses 32,767 bound values: a season's lots are more."""
    farm = a_farm(session)
    ids = [*(f"nobody {n}" for n in range(40_000)), farm.room.id]

    found = session.exec(select(Zone.code).where(col(Zone.id).in_(listed(ids)))).all()

    assert found == ["A"]


def test_ids_stay_what_they_are_whatever_is_written_in_them(session: Session) -> None:
    ids = ['a "quoted", {one}', "ロット\\1", "NULL", ""]

    found = session.connection().execute(listed_as("ids"), {"ids": ids}).scalars()

    assert sorted(found) == sorted(ids)


def test_no_ids_find_nothing(session: Session) -> None:
    a_farm(session)

    assert session.exec(select(Zone.code).where(col(Zone.id).in_(listed([])))).all() == []
