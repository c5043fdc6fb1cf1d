"""One line an event: words on a terminal, JSON where a machine collects them.

Under journald each line begins with its priority, `<4>` for a warning, which journald takes off
and files (`journalctl -p warning`). Source: sd-daemon(3), "Log prefixes".

The fields are documented in docs/operating.md, "Logs"; a test compares.
"""

import json
import logging
import os
import sys
import time
from typing import TextIO

log = logging.getLogger(__name__)

# syslog(3): 2 critical, 3 error, 4 warning, 6 informational, 7 debug.
_PRIORITIES = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))
_LOWEST = 7


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


class _Journal(_Json):
    def format(self, record: logging.LogRecord) -> str:
        found = (number for level, number in _PRIORITIES if record.levelno >= level)
        return f"<{next(found, _LOWEST)}>{super().format(record)}"


def configure(stream: TextIO | None = None, *, level: int = logging.INFO) -> None:
    """Send every log line to `stream` (standard error); a second call replaces the first."""
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter(stream))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # What Python itself warns of belongs there, too.
    logging.captureWarnings(capture=True)
    # Each connection and packet of the in-process broker is its own matter, not an event of ours.
    # httpx and urllib3 name the whole address of each request, secrets and all.
    for noisy in (
        "httpx",
        "httpcore",
        "urllib3",
        "alembic",
        "amqtt",
        "transitions",
        "passlib",
        "mqtt",
    ):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def say_end(error: Exception) -> None:
    """Say what a service ended with: a sentence, or for a bug of ours all there is."""
    code = getattr(error, "code", None)
    is_known = isinstance(code, str) and hasattr(error, "template")
    extra = {"code": code if is_known else "bug"}
    log.critical("ended: %s", error, extra=extra, exc_info=None if is_known else error)


def is_journal(stream: TextIO) -> bool:
    """Whether a stream leads to journald, which says so by device and inode."""
    named = os.environ.get("JOURNAL_STREAM", "")
    try:
        stat = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return named == f"{stat.st_dev}:{stat.st_ino}"


def _formatter(stream: TextIO) -> logging.Formatter:
    if stream.isatty():
        return logging.Formatter("%(asctime)s %(levelname)-7s %(message)s")
    return _Journal() if is_journal(stream) else _Json()
