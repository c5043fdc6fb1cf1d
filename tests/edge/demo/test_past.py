"""The demo's past: the same for one seed and end, and made of nothing but real acts."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from sqlmodel import col, select

from edge.demo import farm, past
from tests.filled import fill
from traceability import database, genealogy, lookup
from traceability.models import Act, Lot

END = date(2026, 8, 20)
WEEKS = 10


def lay_down(path: Path, *, seed: int) -> str:
    url = f"sqlite:///{path}"
    fill(url)
    engine = database.connect(url)
    with database.writing_session(engine) as session:
        past.lay_down(session, farm.found(session), seed=seed, end=END)
    engine.dispose()
    return url


@pytest.fixture(autouse=True)
def short_past(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten weeks hold every kind of act; the demo itself lays down seventy-eight."""
    monkeypatch.setattr(past, "WEEKS", WEEKS)


def acts_in(url: str) -> list[tuple[str, str, str]]:
    engine = database.connect(url)
    with database.reading_session(engine) as session:
        rows = session.exec(select(Act).order_by(col(Act.sequence))).all()
    engine.dispose()
    return [(act.id, act.kind, act.digest) for act in rows]


def test_one_seed_and_end_make_one_past(tmp_path: Path) -> None:
    first = acts_in(lay_down(tmp_path / "a.db", seed=1))
    again = acts_in(lay_down(tmp_path / "b.db", seed=1))
    other = acts_in(lay_down(tmp_path / "c.db", seed=2))

    assert first == again
    assert first != other
    kinds = Counter(kind for _, kind, _ in first)
    assert {"sow", "transplant", "harvest", "inspect", "pack", "ship", "receive"} <= set(kinds)


def test_nothing_happens_after_the_end(tmp_path: Path) -> None:
    url = lay_down(tmp_path / "a.db", seed=1)

    engine = database.connect(url)
    with database.reading_session(engine) as session:
        last = session.exec(select(Act).order_by(col(Act.happened_at).desc())).first()
        growing = session.exec(
            select(Lot).where(Lot.stage == "growing", col(Lot.closed_at).is_(None))
        ).all()
    engine.dispose()

    assert last is not None
    assert last.happened_at.isoformat() < "2026-08-19T15:00:00+00:00"
    assert len(growing) >= 9


def test_a_bag_leads_back_to_its_seed(tmp_path: Path) -> None:
    url = lay_down(tmp_path / "a.db", seed=1)

    engine = database.connect(url)
    with database.reading_session(engine) as session:
        bag = session.exec(select(Lot).where(Lot.stage == "packed")).first()
        assert bag is not None
        trace = genealogy.trace(session, lookup.one_lot(session, bag.code), "back")
    engine.dispose()

    assert [lot.stage for lot in trace.lots] == ["packed", "harvested", "growing", "input"]
