"""The record: acts a second, and tracing both ways while the graph around the answer grows."""

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from sqlalchemy import text
from sqlmodel import Session, select

from bench.report import Row
from tests.factories import a_farm, on_day
from traceability import acts, database, genealogy, lots
from traceability.models import Flow, Lot, new_id

TITLE = "Acts and traces"

# Chains side by side: the answer to one trace stays the same while the graph grows tenfold.
_CHAIN = 50
_BARE = """
WITH RECURSIVE reach(id) AS (
  SELECT :lot UNION SELECT flow.target_id FROM flow JOIN reach ON reach.id = flow.source_id
) SELECT flow.id, flow.weight_g FROM flow JOIN reach ON reach.id = flow.source_id
"""


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        yield from _acts(Path(folder))
        yield from _traces(Path(folder))


def _acts(folder: Path) -> Iterator[Row]:
    """A harvest with lot, edge, stay and outbox, beside the bare rows of one act by the driver."""
    engine = _fresh(folder / "acts.db")
    with database.writing_session(engine) as session:
        farm = a_farm(session)
        growing = [
            acts.made(
                session,
                lots.sow(
                    session,
                    on_day(0),
                    zone=farm.room,
                    crop=farm.lettuce,
                    code=f"L{i}",
                    pieces=100,
                ),
            )[0]
            for i in range(300)
        ]

        def harvest(i: int) -> None:
            lots.harvest(
                session, on_day(42), lot=growing[i], pieces=9, weight_g=90, zone=farm.packing
            )

        ours = _per_second(harvest, 300)
        bare = _per_second(lambda _: _bare_act(session, growing[0], farm.site.id), 300)
    engine.dispose()
    yield Row("acts recorded in one transaction", ours, "their bare INSERTs", bare, "1/s")


def _bare_act(session: Session, lot: Lot, site_id: str) -> None:
    now = datetime.now(UTC)
    act = {"id": new_id(), "now": now, "site": site_id, "lot": lot.id}
    session.execute(
        text(
            "INSERT INTO act (id, kind, happened_at, offset_minutes, recorded_at, performer, "
            "recorder, site_id, note, body, digest, request_digest) VALUES "
            "(:id, 'inspect', :now, 0, :now, 'a', 'a', :site, '', x'00', '', '')"
        ),
        {**act, "now": now.isoformat(" ")},
    )
    line = "INSERT INTO act_line (act_id, lot_id, role, closes) VALUES (:id, :lot, 'subject', 0)"
    for _ in range(2):
        session.execute(text(line), {"id": act["id"], "lot": lot.id})
    outbox = "INSERT INTO outbox (kind, ref, created_at) VALUES ('act', :id, :now)"
    session.execute(text(outbox), {"id": act["id"], "now": now.isoformat(" ")})


def _traces(folder: Path) -> Iterator[Row]:
    times = {}
    for edges in (10_000, 100_000, 1_000_000):
        engine = _fresh(folder / f"graph{edges}.db")
        starts = _grow(engine, edges)
        with database.reading_session(engine) as session:
            ours_ms = _median_ms(
                lambda lot: genealogy.trace(session, lot, "forward"), session, starts
            )
            bare_ms = _median_ms(
                lambda lot: session.execute(text(_BARE), {"lot": lot.id}).all(), session, starts
            )
        engine.dispose()
        times[edges] = ours_ms
        yield Row(
            f"trace {_CHAIN} edges among {edges:,}",
            ours_ms,
            "one bare recursive query",
            bare_ms,
            "ms",
            "at most 3",
        )
    yield Row(
        "trace while the graph grows 100-fold",
        times[1_000_000],
        "the same answer among 10,000",
        times[10_000],
        "ms",
        "flat",
    )


def _grow(engine: object, edges: int) -> list[str]:
    """Lay chains of lots until there are so many edges; return some of their first lots."""
    with database.writing_session(engine) as session:  # type: ignore[arg-type]
        farm = a_farm(session)
        sown = lots.sow(session, on_day(0), zone=farm.room, crop=farm.lettuce, code="A", pieces=9)
        (model,) = acts.made(session, sown)
        facts = model.model_dump(exclude={"id", "code"})
        chains = edges // _CHAIN
        ids = [[new_id() for _ in range(_CHAIN + 1)] for _ in range(chains)]
        lot_rows = [
            {**facts, "id": lot_id, "code": f"{c}-{i}"}
            for c, chain in enumerate(ids)
            for i, lot_id in enumerate(chain)
        ]
        session.connection().execute(Lot.__table__.insert(), lot_rows)  # type: ignore[attr-defined]
        flows = [
            {"act_id": sown.id, "source_id": a, "target_id": b, "pieces": None, "weight_g": 100}
            for chain in ids
            for a, b in pairwise(chain)
        ]
        session.connection().execute(Flow.__table__.insert(), flows)  # type: ignore[attr-defined]
    return [chain[0] for chain in random.Random(1).sample(ids, 20)]


def _median_ms(do: Callable[[Lot], object], session: Session, ids: list[str]) -> float:
    taken = []
    for lot in session.exec(select(Lot).where(Lot.id.in_(ids))).all():  # type: ignore[attr-defined]
        began = time.perf_counter()
        do(lot)
        taken.append((time.perf_counter() - began) * 1000)
        session.expire_all()
    return sorted(taken)[len(taken) // 2]


def _per_second(do: Callable[[int], None], times: int) -> float:
    began = time.perf_counter()
    for i in range(times):
        do(i)
    return times / (time.perf_counter() - began)


def _fresh(path: Path):
    url = f"sqlite:///{path}"
    database.upgrade(url)
    return database.open_database(url)
