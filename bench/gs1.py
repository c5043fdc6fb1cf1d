"""AI strings and links read per second, beside `biip`, the Python library most people would take.

Both check digits, lengths and characters. Ours also judges the rules biip has none for (dates,
countries, currencies ...), so the ratio is on unequal work, to our cost.
"""

import time
from collections.abc import Callable, Iterator

from biip.gs1_digital_link_uris import GS1DigitalLinkURI
from biip.gs1_messages import GS1Message

from bench.report import Row, show
from traceability.gs1.compression import compress, decompress
from traceability.gs1.elements import parse_unbracketed
from traceability.gs1.identity import identify
from traceability.gs1.link import DigitalLink

TITLE = "GS1 identities: codes read per second"

# A retail pack, a case and a pallet, each a thousand times with its own number.
LOTS = range(1000)
STRINGS = [f"01040123451111181727022831030002501020270112-{n:04}" for n in LOTS] + [
    f"00340123450000000000\x1d3712\x1d400ORDER{n:04}" for n in LOTS
]
LINKS = [f"https://hub.example/01/04012345111118/10/A%2F{n:04}?17=270228&3103=000250" for n in LOTS]
SECONDS = 1.0


def rows() -> Iterator[Row]:
    ours = per_second(lambda text: parse_unbracketed(text).checked(), STRINGS)
    theirs = per_second(GS1Message.parse, STRINGS)
    yield Row("element strings", ours, "biip", theirs, "1/s", "above 1")

    ours = per_second(DigitalLink.parse, LINKS)
    theirs = per_second(GS1DigitalLinkURI.parse, LINKS)
    yield Row("digital links", ours, "biip", theirs, "1/s", "above 1")

    scans = [f"]C1{text}" for text in STRINGS]
    ours = per_second(identify, scans)
    theirs = per_second(GS1Message.parse, STRINGS)
    yield Row("scan to canonical link", ours, "biip, parse only", theirs, "1/s")

    links = [DigitalLink.parse(text) for text in LINKS]
    shorter = [compress(link) for link in links]
    ours = per_second(decompress, shorter)
    theirs = per_second(DigitalLink.parse, LINKS)
    yield Row("compressed links", ours, "our own plain links", theirs, "1/s")


def per_second(read: Callable[[str], object], texts: list[str]) -> float:
    """Return how many of these texts are read in a second, after one round to warm up."""
    for text in texts:
        read(text)
    done, started = 0, time.perf_counter()
    while (spent := time.perf_counter() - started) < SECONDS:
        for text in texts:
            read(text)
        done += len(texts)
    return done / spent


if __name__ == "__main__":
    show(TITLE, rows())
