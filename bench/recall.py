"""A recall over 50,000 lots, from the seed to every partner, beside the bare SQL of the same.

The bare queries walk the graph and add up what was shipped; the recall also says what each lot is,
where it stands, what came back and what was destroyed, and hands it all over as values.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import Engine, text

from bench import laid
from bench.report import Row
from tests.factories import a_farm, packed
from tests.postgres import PostgresServer
from traceability import database, recall_scope
from traceability.models import Act, ActLine, Flow, Lot, new_id

TITLE = "A recall"

# MINORI_BENCH_LOTS=5000 is the short form.
LOTS = int(os.environ.get("MINORI_BENCH_LOTS", "50000"))
# Packed lots a harvest, and how many of them one act ships.
_FAN = 50
_TIMES = 5
_BARE = (
    """
WITH RECURSIVE reach(id) AS (
  SELECT CAST(:lot AS varchar)
  UNION SELECT flow.target_id FROM flow JOIN reach ON reach.id = flow.source_id
) SELECT lot.id, lot.code, lot.weight_g FROM lot JOIN reach ON reach.id = lot.id
""",
    """
WITH RECURSIVE reach(id) AS (
  SELECT CAST(:lot AS varchar)
  UNION SELECT flow.target_id FROM flow JOIN reach ON reach.id = flow.source_id
) SELECT act_line.lot_id, act.to_party_id, sum(act_line.weight_g)
FROM act_line JOIN reach ON reach.id = act_line.lot_id JOIN act ON act.id = act_line.act_id
WHERE act.kind = 'ship' GROUP BY act_line.lot_id, act.to_party_id
""",
)


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        yield _measured("SQLite", f"sqlite:///{Path(folder) / 'recall.db'}")
    server = PostgresServer.of_this_machine()
    if server is None:
        return
    server.start()
    try:
        yield _measured("PostgreSQL", server.make("recall"))
    finally:
        server.stop()


def _measured(kind: str, url: str) -> Row:
    database.upgrade(url)
    engine = database.open_database(url)
    seed_id = _filled(engine)
    with database.reading_session(engine) as session:
        seed = session.get_one(Lot, seed_id)
        found = recall_scope.scope_of(session, [seed])
        assert len(found.lots) > LOTS, len(found.lots)
        ours = _best_s(lambda: recall_scope.scope_of(session, [seed]))
        bare = _best_s(lambda: [session.execute(text(q), {"lot": seed_id}).all() for q in _BARE])
    engine.dispose()
    return Row(f"{kind}: recall over {LOTS:,} lots", ours, "its bare SQL", bare, "s")


def _filled(engine: Engine) -> str:
    """One lot that went into LOTS packed ones by way of its harvests; half of them were shipped."""
    with database.writing_session(engine) as session:
        farm = a_farm(session)
        model = packed(session, farm)
        facts = model.model_dump(exclude={"id", "code"})
        start = new_id()
        cuts = [new_id() for _ in range(LOTS // _FAN)]
        bags = [[new_id() for _ in range(_FAN)] for _ in cuts]
        flat = [bag for some in bags for bag in some]
        for letter, ids in (("S", [start]), ("C", cuts), ("B", flat)):
            named = [{**facts, "id": one, "code": f"{letter}{n}"} for n, one in enumerate(ids)]
            laid.insert(session, Lot, named)
        made, edges = laid.act(farm, "pack"), [(start, cut) for cut in cuts]
        edges += [(cut, bag) for cut, some in zip(cuts, bags, strict=True) for bag in some]
        laid.insert(session, Act, [made])
        laid.insert(session, Flow, [laid.flow(made["id"], a, b) for a, b in edges])
        sent = [laid.act(farm, "ship") for _ in bags[::2]]
        laid.insert(session, Act, sent)
        pairs = zip(sent, bags[::2], strict=True)
        lines = [laid.sent(act["id"], bag) for act, some in pairs for bag in some]
        laid.insert(session, ActLine, lines)
    laid.settled(engine)
    return start


def _best_s(do: Callable[[], object]) -> float:
    taken = []
    for _ in range(_TIMES):
        began = time.perf_counter()
        do()
        taken.append(time.perf_counter() - began)
    return min(taken)
