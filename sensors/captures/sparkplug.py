"""Sparkplug rows: a manifest that names payload files and the topics they came on."""

from collections.abc import Callable
from typing import Any

from sensors.captures.row import Outcome, Row, bad_row, text_field
from sensors.wires.sparkplug import Heard, Host, Named, Topic, is_plain

Load = Callable[[str], bytes]


class Reader:
    """Keeps the host's memory from row to row; `load` gives a file's bytes, by name."""

    def __init__(self, load: Load, rows: list[Row]) -> None:
        self._load = load
        self._host = Host()
        # What was heard since the last death: births before it no longer count.
        self._heard: set[str] = set()
        self._topics = {str(row.get("file")): str(row.get("topic")) for row in rows}

    def read(self, row: Row) -> Outcome:
        """Decode one message; the birth a row `needs` is heard first, where none counts now."""
        for needed in _names(row.get("needs")):
            if needed not in self._heard:
                self._hear(needed)
        heard = self._hear(text_field(row, "file"), text_field(row, "topic"))
        if heard.died:
            self._heard.clear()
        return self._outcome(heard)

    def _hear(self, file: str, topic: str = "") -> Heard:
        if not topic and file not in self._topics:
            raise bad_row("needs", "a file of the manifest", file)
        heard = self._host.hear(topic or self._topics[file], self._load(file))
        self._heard.add(file)
        return heard

    def _outcome(self, heard: Heard) -> Outcome:
        if heard.online is not None:
            return Outcome({"online": heard.online})
        plain = [metric for metric in heard.metrics if is_plain(metric)]
        live = {metric.name: self._live(heard.topic, metric) for metric in plain}
        doubtful = {m.name: m.quality for m in plain if m.quality != "good" and m.value is not None}
        return Outcome(
            {name: _json(value) for name, value in live.items()},
            listed=[[m.name, m.timestamp, _json(m.value), m.is_historical] for m in plain],
            quality=doubtful,
        )

    def _live(self, who: Topic, metric: Named) -> Any:
        """What counts now: a historical value never moves it."""
        live = self._host.live(who.group, who.node, metric.name, who.device)
        if live is None:
            return None if metric.is_historical else metric.value
        return live.value


def _names(needs: object) -> list[str]:
    return [str(needed) for needed in (needs if isinstance(needs, list) else [needs]) if needed]


def _json(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value
