"""Work beside the recorder outlives a database that is held, full or in doubt for a while.

What such a part does is decided from the state, so the next look does what this one could not.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from edge.groups import leaves
from traceability.errors import TraceabilityError
from traceability.trouble import name_of, will_pass

log = logging.getLogger(__name__)


@contextmanager
def outlasting_the_database(what: str) -> Iterator[None]:
    """Leave the block where the database takes nothing for now; log that `what` wait for it.

    Raises:
        Whatever else ended the block, whole.
    """
    try:
        yield
    except (SQLAlchemyError, TraceabilityError, ExceptionGroup) as error:
        found = list(leaves(error))
        if not all(will_pass(leaf) for leaf in found):
            raise
        log.warning("%s wait for the database: %s", what, name_of(found[0]))
