"""Which line of a TOML file a value stands on: the standard parser does not keep that."""

import re
from collections.abc import Sequence

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"\s*([A-Za-z0-9_\"'.-]+)\s*=")


def line_of(text: str, location: Sequence[str | int]) -> int | None:
    """Return the 1-based line of a key, else of the table it is missing from, else None.

    `location` is a path such as ("devices", 2, "zone"); positions count from 0.
    """
    best: tuple[int, int] | None = None
    table: list[str | int] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = _table(header, seen)
            found = table
        elif key := _KEY.match(line):
            found = [*table, *_parts(key[1])]
        else:
            continue
        if list(location[: len(found)]) == found and (best is None or len(found) > best[0]):
            best = (len(found), number)
    return best[1] if best else None


def _table(header: re.Match[str], seen: dict[str, int]) -> list[str | int]:
    name = header[2]
    if header[1] == "[[":
        seen[name] = seen.get(name, -1) + 1
        # Lists inside it start again at 0.
        for inner in [other for other in seen if other.startswith(f"{name}.")]:
            del seen[inner]
    path: list[str | int] = []
    for part in _parts(name):
        path.append(part)
        index = seen.get(".".join(str(p) for p in path if isinstance(p, str)))
        if index is not None:
            path.append(index)
    return path


def _parts(name: str) -> list[str]:
    return [part.strip("\"' ") for part in name.split(".")]
