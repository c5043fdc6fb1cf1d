"""Where the next page of a list begins: after a row, not at a number.

A row that comes meanwhile neither repeats nor hides one.
"""

import base64
import binascii
from datetime import datetime

from api.errors import BadCursor


def cursor(at: datetime, row_id: str) -> str:
    """Return the place behind the row of that time and id."""
    return base64.urlsafe_b64encode(f"{at.isoformat()}~{row_id}".encode()).decode()


def place(text: str) -> tuple[datetime, str]:
    """Return the time and id of the last row seen.

    Raises:
        BadCursor: it is not what an earlier page gave.
    """
    try:
        at, _, row_id = base64.urlsafe_b64decode(text).decode().partition("~")
        moment = datetime.fromisoformat(at)
    except (ValueError, binascii.Error) as error:
        raise BadCursor(got=text) from error
    if moment.tzinfo is None:
        raise BadCursor(got=text)
    return moment, row_id
