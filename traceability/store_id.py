"""The name of this very database, by which a hub tells its numbers from those of another.

A restored backup counts on from where the backup was made and would give numbers a second time;
so it takes a new name, and everything in it is queued anew. To send twice is harmless.
"""

from sqlalchemy import delete
from sqlmodel import Session

from traceability import outbox
from traceability.models import StoreFact, UplinkReceipt, UplinkRefusal, UplinkSent, new_id

KEY = "store_id"


def store_id(session: Session) -> str:
    """Return this database's name, giving it one at the first asking."""
    fact = session.get(StoreFact, KEY)
    if fact is None:
        fact = StoreFact(key=KEY, value=new_id())
        session.add(fact)
        session.flush()
    return fact.value


def renew(session: Session) -> str:
    """Give a restored or copied database a name of its own; the caller commits.

    What its hub has is asked of the hub anew; readings go on where this database left off.
    """
    for table in (UplinkReceipt, UplinkRefusal, UplinkSent):
        session.execute(delete(table))
    outbox.queue_all(session)
    session.merge(StoreFact(key=KEY, value=new_id()))
    session.flush()
    return store_id(session)
