"""Numbers for Prometheus: what a part of the service counts, in one text form.

A part that has something to count offers a `Source`; `edge.status` asks them all when a
collector comes by. Source: Prometheus text exposition format 0.0.4.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from edge.lasting import outlasting_the_database

# (labels, value): one line of a metric.
Sample = tuple[dict[str, str], float]


@dataclass(frozen=True, slots=True)
class Metric:
    """One name with its samples; a name ends with its unit, a counter's with `_total`."""

    name: str
    kind: Literal["counter", "gauge"]
    words: str
    samples: Iterable[Sample]


Source = Callable[[], Iterable[Metric]]


class Sources:
    """Everybody in this process who has something to count."""

    def __init__(self) -> None:
        self._sources: list[Source] = []

    def add(self, source: Source) -> None:
        self._sources.append(source)

    def text(self) -> str:
        """Return everything in Prometheus' text form."""
        return "".join(_text(source) for source in self._sources)


def _text(source: Source) -> str:
    """Return one source's part; what is counted in the database is left out while that is away."""
    lines = ""
    with outlasting_the_database("numbers"):
        lines = exposition(source())
    return lines


def counter(name: str, words: str, value: float) -> Metric:
    """Return a counter without labels; it only grows, and starts at 0 with the process."""
    return Metric(name, "counter", words, [({}, value)])


def gauge(name: str, words: str, value: float) -> Metric:
    """Return a gauge without labels: a value that comes and goes."""
    return Metric(name, "gauge", words, [({}, value)])


def exposition(metrics: Iterable[Metric]) -> str:
    """Return the metrics in Prometheus' text form; one without samples is left out."""
    return "".join(line for metric in metrics for line in _lines(metric))


def _lines(metric: Metric) -> Iterator[str]:
    samples = list(metric.samples)
    if not samples:
        return
    yield f"# HELP {metric.name} {metric.words}\n# TYPE {metric.name} {metric.kind}\n"
    for labels, value in samples:
        inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        # 15 digits: with the 6 that `g` gives by itself a counter would stand still at a million.
        yield (
            f"{metric.name}{{{inside}}} {value:.15g}\n"
            if inside
            else f"{metric.name} {value:.15g}\n"
        )


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
