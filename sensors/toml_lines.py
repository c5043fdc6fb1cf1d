"""Which line of a TOML file says what: `tomllib` reads values but forgets where they stood."""

import re

# Where a value stands: ("value", 1, "register") is `register` of the second [[value]].
Path = tuple[str | int, ...]

_TABLE = re.compile(r"\s*\[(\[)?\s*([\w.-]+)\s*\]")
_KEY = re.compile(r"\s*([\w-]+)\s*=")


def line_numbers(text: str) -> dict[Path, int]:
    """Return the line, from 1, of each table and each key of a plainly written TOML file.

    Enough for files people write by hand: keys at the start of a line, no dotted or quoted keys.
    What it does not see is looked up one level higher by `line_of`.
    """
    lines: dict[Path, int] = {(): 1}
    table: Path = ()
    seen: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _TABLE.match(line):
            table = _place(header[2], seen, is_list=bool(header[1]))
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault((*table, key[1]), number)
    return lines


def _place(name: str, seen: dict[str, int], *, is_list: bool) -> Path:
    """Return where a table's keys belong; `seen` counts the tables of each list so far."""
    if is_list:
        # Lists inside the new table start again at their first.
        inner = [other for other in seen if other.startswith(f"{name}.")]
        seen.update(dict.fromkeys(inner, -1))
        seen[name] = seen.get(name, -1) + 1
    place: Path = ()
    names = name.split(".")
    for depth, part in enumerate(names, start=1):
        position = seen.get(".".join(names[:depth]))
        place = (*place, part) if position is None else (*place, part, position)
    return place


def line_of(lines: dict[Path, int], path: Path) -> int:
    """Return the line of `path`, or of the nearest thing that holds it."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)
