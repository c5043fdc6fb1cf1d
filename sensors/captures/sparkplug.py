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
        self._topics = {text_field(row, "file"): text_field(row, "topic") for row in rows}

    def read(self, row: Row) -> Outcome:
        """Decode one message; the birth a row `needs` is heard first, where none counts now."""
        topic, needed = text_field(row, "topic"), row.get("needs")
        who = Topic.parse(topic)
        if isinstance(needed, str) and not self._host.is_born(who.group, who.node):
            if needed not in self._topics:
                raise bad_row("needs", "a file of the manifest", needed)
            self._host.hear(self._topics[needed], self._load(needed))
        heard = self._host.hear(topic, self._load(text_field(row, "file")))
        return self._outcome(heard)

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


def _json(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value
