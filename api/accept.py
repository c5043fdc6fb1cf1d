"""Reading Accept and Accept-Language: what a reader would rather have, by q-value.

Source: RFC 9110, sections 12.4.2, 12.5.1 and 12.5.4.
"""

from functools import lru_cache

from traceability.gs1.negotiation import weighted

HTML = ("text/html",)
JSON_LD = ("application/ld+json", "application/json")


@lru_cache(maxsize=256)
def wants_data(accept: str) -> bool:
    """Return whether a program asks: JSON is wanted more than a page.

    Without an Accept header, and for a bare `*/*`, the answer is the page: a phone's scanner says
    nothing else, and a program that wants data says so. At the same q the more exactly named type
    wins, then the one named first.
    """
    if not accept:
        return False
    asked = weighted(accept)
    return _rank(asked, JSON_LD) > _rank(asked, HTML)


def language(header: str, offered: tuple[str, ...]) -> str | None:
    """Return the offered language the reader likes best, or None.

    >>> language("fr, ja-JP;q=0.8, en;q=0.5", ("en", "ja"))
    'ja'
    """
    best: tuple[float, str] | None = None
    for tag, q in weighted(header):
        primary = tag.partition("-")[0]
        if primary in offered and q > 0 and (best is None or q > best[0]):
            best = (q, primary)
    return best[1] if best else None


def _rank(asked: list[tuple[str, float]], names: tuple[str, ...]) -> tuple[float, int, int]:
    """Return (q, exactness, how early) of the best of these types; q is 0 where none is wanted."""
    return max(_rank_of(asked, name) for name in names)


def _rank_of(asked: list[tuple[str, float]], name: str) -> tuple[float, int, int]:
    """The most exact range that fits a type decides its q, wherever it stands."""
    exactness, place, q = max(
        ((_exactness(media, name), -place, q) for place, (media, q) in enumerate(asked)),
        default=(0, 0, 0.0),
    )
    return (q, exactness, place) if exactness and q > 0 else (0.0, 0, 0)


def _exactness(media: str, name: str) -> int:
    if media == name:
        return 3
    if media.endswith("/*") and name.startswith(media[:-1]):
        return 2
    return 1 if media == "*/*" else 0
