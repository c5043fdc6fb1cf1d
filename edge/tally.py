"""How good the readings are that go into the store: counted by quality, after all judging."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from edge.metrics import Metric
from sensors import Quality
from traceability.readings import Delivery

Append = Callable[[Sequence[Delivery]], int]


class Tally:
    """Counts what it hands on; used from the recorder's thread only."""

    def __init__(self, append: Append) -> None:
        self._append = append
        self._counts = dict.fromkeys(Quality, 0)

    def append(self, deliveries: Sequence[Delivery]) -> int:
        """Store a batch and count it; return the new rows."""
        rows = self._append(deliveries)
        for quality, count in Counter(r.quality for d in deliveries for r in d.readings).items():
            self._counts[quality] += count
        return rows

    def metrics(self) -> Iterator[Metric]:
        samples = [({"quality": q.name.lower()}, n) for q, n in self._counts.items()]
        words = "Readings taken by the store, by quality; one that comes twice counts twice."
        yield Metric("minori_readings_total", "counter", words, samples)
