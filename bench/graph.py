"""The record: acts a second, and tracing both ways while the graph around the answer grows."""

import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Engine, text
from sqlmodel import Session, col, select

from bench import laid
from bench.report import Row
from tests.factories import Farm, a_farm, on_day
from tests.postgres import PostgresServer
from traceability import acts, database, genealogy, lots
from traceability.models import Act, ActLine, Flow, Lot, new_id
from traceability.reach import Direction

TITLE = "Acts and traces"

# Chains side by side: the answer to one trace stays the same while the graph grows tenfold.
_CHAIN = 50
# MINORI_BENCH_EDGES=10000,100000 is the short form, for a machine that is not quiet anyway.
SIZES = [
    int(size) for size in os.environ.get("MINORI_BENCH_EDGES", "10000,100000,1000000").split(",")
]
_ROUNDS = 31
_WALK = """
WITH RECURSIVE reach(id) AS (
  SELECT CAST(:lot AS varchar)
  UNION SELECT flow.{far} FROM flow JOIN reach ON reach.id = flow.{near}
) SELECT flow.id, flow.weight_g FROM flow JOIN reach ON reach.id = flow.{near}
"""
_BARE: Mapping[Direction, str] = {
    "forward": _WALK.format(near="source_id", far="target_id"),
    "back": _WALK.format(near="target_id", far="source_id"),
}


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        yield from _acts(Path(folder))
        yield from _traces(Path(folder))


def _acts(folder: Path) -> Iterator[Row]:
    """A harvest with lot, edge, stay and outbox, beside the bare rows of one act by the driver."""
    engine = _opened(f"sqlite:///{folder / 'acts.db'}")
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
    yield from _traces_on("SQLite", lambda name: f"sqlite:///{folder / name}.db")
    server = PostgresServer.of_this_machine()
    if server is None:
        return  # not installed here: nothing to say about it
    server.start()
    try:
        yield from _traces_on("PostgreSQL", server.make)
    finally:
        server.stop()


def _traces_on(kind: str, address: Callable[[str], str]) -> Iterator[Row]:
    times: dict[tuple[Direction, int], float] = {}
    for edges in SIZES:
        engine = _opened(address(f"graph{edges}"))
        chains = _grow(engine, edges)
        with database.reading_session(engine) as session:
            for direction, ids in chains.items():
                ours_ms, bare_ms = _compared(session, direction, ids)
                times[direction, edges] = ours_ms
                what = f"{kind}: trace {direction} over {_CHAIN} edges among {edges:,}"
                yield Row(what, ours_ms, "one bare recursive query", bare_ms, "ms", "at most 3")
        engine.dispose()
    least, most = SIZES[0], SIZES[-1]
    for direction in ("forward", "back"):
        yield Row(
            f"{kind}: trace {direction} among {most:,} edges",
            times[direction, most],
            f"the same answer among {least:,}",
            times[direction, least],
            "ms",
            "flat",
        )


def _compared(session: Session, direction: Direction, ids: list[str]) -> tuple[float, float]:
    """Return our time and the bare query's [ms]: the middle over these lots of the fastest of the
    rounds, in which both take turns, because a busy machine is slow for a second at a time.

    The first round is not measured: who came first would read the pages for the other.
    """
    found = session.exec(select(Lot).where(col(Lot.id).in_(ids))).all()
    bare = text(_BARE[direction])

    def both(lot: Lot) -> tuple[float, float]:
        ours = _ms(lambda: genealogy.trace(session, lot, direction))
        return ours, _ms(lambda: session.execute(bare, {"lot": lot.id}).all())

    rounds = [[both(lot) for lot in found] for _ in range(_ROUNDS)][1:]
    by_lot = [zip(*times, strict=True) for times in zip(*rounds, strict=True)]
    fastest = [(min(ours), min(theirs)) for ours, theirs in by_lot]
    return median(ours for ours, _ in fastest), median(theirs for _, theirs in fastest)


def _grow(engine: Engine, edges: int) -> dict[Direction, list[str]]:
    """Lay chains of lots until there are so many edges, the last of each shipped; return some of
    their ends to start from."""
    with database.writing_session(engine) as session:
        farm = a_farm(session)
        sown = lots.sow(session, on_day(0), zone=farm.room, crop=farm.lettuce, code="A", pieces=9)
        (model,) = acts.made(session, sown)
        facts = model.model_dump(exclude={"id", "code"})
        ids = [[new_id() for _ in range(_CHAIN + 1)] for _ in range(edges // _CHAIN)]
        # A slice at a time: a million rows as dictionaries are gigabytes.
        for first in range(0, len(ids), 1000):
            _lay(session, farm, sown.id, facts, dict(enumerate(ids[first : first + 1000], first)))
    laid.settled(engine)
    chosen = random.Random(1).sample(ids, 20)
    return {"forward": [chain[0] for chain in chosen], "back": [chain[-1] for chain in chosen]}


def _lay(
    session: Session,
    farm: Farm,
    act_id: str,
    facts: Mapping[str, Any],
    chains: Mapping[int, list[str]],
) -> None:
    lot_rows = [
        {**facts, "id": lot_id, "code": f"{number}-{i}"}
        for number, chain in chains.items()
        for i, lot_id in enumerate(chain)
    ]
    laid.insert(session, Lot, lot_rows)
    flows = [laid.flow(act_id, *ends) for chain in chains.values() for ends in pairwise(chain)]
    laid.insert(session, Flow, flows)
    shipped = [laid.act(farm, "ship") for _ in chains]
    laid.insert(session, Act, shipped)
    pairs = zip(shipped, chains.values(), strict=True)
    laid.insert(session, ActLine, [laid.sent(act["id"], chain[-1]) for act, chain in pairs])


def _ms(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return (time.perf_counter() - began) * 1000


def _per_second(do: Callable[[int], None], times: int) -> float:
    began = time.perf_counter()
    for i in range(times):
        do(i)
    return times / (time.perf_counter() - began)


def _opened(url: str) -> Engine:
    database.upgrade(url)
    return database.open_database(url)
