"""One line an event: words on a terminal, JSON where a machine collects them."""

import json
import logging
import sys
import time
from typing import TextIO


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        code = getattr(record, "code", None)
        if code is not None:
            line["code"] = code
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def configure(stream: TextIO | None = None, *, level: int = logging.INFO) -> None:
    """Send every log line to `stream` (standard error); a second call replaces the first."""
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    if stream.isatty():
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(message)s"))
    else:
        handler.setFormatter(_Json())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # Each connection and packet of the in-process broker is its own matter, not an event of ours.
    for noisy in ("alembic", "amqtt", "transitions", "passlib", "mqtt"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
