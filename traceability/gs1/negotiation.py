"""What a reader can take, from the headers it sends: languages and media types with weights.

Source: RFC 9110, sections 12.5.1 (Accept) and 12.5.4 (Accept-Language); RFC 4647 look-up.
"""

from collections.abc import Iterable


def weighted(header: str) -> list[tuple[str, float]]:
    """Return the entries of an Accept header with their weights, best first, order kept.

    What cannot be read weighs nothing, and a weight of 0 means "not that one".

    >>> weighted("ja, en;q=0.5, *;q=0")
    [('ja', 1.0), ('en', 0.5), ('*', 0.0)]
    """
    entries = []
    for part in header.split(","):
        name, *parameters = [piece.strip() for piece in part.split(";")]
        if name:
            entries.append((name.lower(), _weight(parameters)))
    return sorted(entries, key=lambda entry: -entry[1])


def language_fit(header: str, languages: Iterable[str]) -> float:
    """Return how welcome a page in these languages is, 0 to 1; 0 for one that names none."""
    have = [language.lower() for language in languages]
    best = 0.0
    for asked, weight in weighted(header):
        if asked == "*" and have:
            best = max(best, weight / 2)
        for language in have:
            # `ja` takes a page in `ja-JP` and the other way round, a little less gladly.
            if asked == language:
                best = max(best, weight)
            elif asked.split("-")[0] == language.split("-")[0]:
                best = max(best, weight * 0.99)
    return best


def type_fit(header: str, media_type: str | None) -> float:
    """Return how welcome a media type is, 0 to 1; the most specific entry decides.

    A link that does not say its type is welcome wherever pages are.
    """
    offered = (media_type or "text/html").lower()
    group = offered.partition("/")[0]
    entries = dict(reversed(weighted(header or "*/*")))
    for name in (offered, f"{group}/*", "*/*"):
        if name in entries:
            return entries[name]
    return 0.0


def asks_for(header: str, media_types: Iterable[str]) -> bool:
    """Return whether one of these types is named, and no page is asked for as gladly."""
    entries = dict(reversed(weighted(header)))
    asked = max((entries.get(name, 0.0) for name in media_types), default=0.0)
    return asked > 0 and asked > entries.get("text/html", 0.0)


def _weight(parameters: Iterable[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0
