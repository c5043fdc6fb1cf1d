"""Every GS1 Application Identifier: what it may hold, what must follow it, where it may stand.

The facts are in `application_identifiers.tsv` beside this file; nothing else in this package
knows an AI's length or rules.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

# First two digits that promise a value's length even where the AI itself is not allocated yet.
# Others that promise one (04, 14, 18, 19) do not say how long their AIs are, so nothing follows.
# Source: GS1 General Specifications, "Element strings with predefined length".
PREDEFINED_VALUE_LENGTH = {**dict.fromkeys(("31", "32", "33", "34", "35", "36"), 6), "41": 13}
UNKNOWN_LONGEST = 90


@dataclass(frozen=True, slots=True)
class Component:
    """One stretch of a value: all of one character set, then linters by name."""

    charset: str
    shortest: int
    longest: int
    optional: bool
    linters: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class AI:
    """One Application Identifier; there is one object for each, so identity is equality.

    Attributes:
        shortest, longest: how many characters a value has, all components together.
        predefined: its length is known from its first two digits, so no separator follows it.
        in_query: may be an attribute in the query of a link.
        needs: groups of AI patterns; one group must be present with it. Empty: stands alone.
        excludes: AI patterns that may not be present with it.
        paths: for a primary key of a link, each allowed order of qualifiers; None for others.
    """

    code: str
    title: str
    components: tuple[Component, ...]
    shortest: int
    longest: int
    predefined: bool
    in_query: bool
    needs: tuple[tuple[str, ...], ...] = ()
    excludes: tuple[str, ...] = ()
    paths: tuple[tuple[str, ...], ...] | None = None
    known: bool = True


def find(code: str, *, permit_unknown: bool = False) -> AI | None:
    """Return the AI written exactly so, or None.

    With `permit_unknown`, digits that no table has yet still make an AI, as long as their
    length does not contradict AIs that begin alike.
    """
    known = table().get(code)
    if known is not None or not permit_unknown:
        return known
    if not (2 <= len(code) <= 4 and code.isascii() and code.isdigit()):
        return None
    length = ai_length(code)
    return _unknown(code) if length in (None, len(code)) else None


def find_prefix(text: str, *, permit_unknown: bool = False) -> AI | None:
    """Return the AI that `text` starts with, or None when its length cannot be told."""
    length = ai_length(text)
    return None if length is None else find(text[:length], permit_unknown=permit_unknown)


def ai_length(text: str) -> int | None:
    """Return how many digits an AI has that starts as `text` does; None for unallocated digits."""
    return _ai_lengths().get(text[:2])


@cache
def table() -> dict[str, AI]:
    """Return every AI by its digits."""
    source = resources.files(__package__).joinpath("application_identifiers.tsv")
    lines = source.read_text(encoding="utf-8").splitlines()
    return {ai.code: ai for line in lines if line[:1].isdigit() for ai in _read(line)}


@cache
def qualifier_paths(key: str) -> frozenset[tuple[str, ...]]:
    """Return every qualifier sequence that may follow a primary key, the empty one included."""
    paths = table()[key].paths or ()
    return frozenset(chosen for path in paths for chosen in _in_order(path))


def is_primary_key(code: str) -> bool:
    ai = table().get(code)
    return ai is not None and ai.paths is not None


def _read(line: str) -> Iterator[AI]:
    codes, marks, fmt, needs, excludes, path, title = line.split("\t")
    first, _, last = codes.partition("-")
    components = tuple(_component(text) for text in fmt.split())
    for number in range(int(first), int(last or first) + 1):
        yield AI(
            code=str(number).zfill(len(first)),
            title=title,
            components=components,
            shortest=sum(part.shortest for part in components if not part.optional),
            longest=sum(part.longest for part in components),
            predefined=marks.startswith("fixed"),
            in_query=marks.endswith("+query"),
            needs=tuple(tuple(group.split("+")) for group in _listed(needs)),
            excludes=tuple(_listed(excludes)),
            paths=_paths(path),
        )


def _component(text: str) -> Component:
    shape, *linters = text.strip("[]").split(":")
    match = re.fullmatch(r"([NXYZ])(\.\.)?(\d+)", shape)
    assert match is not None, text
    charset, variable, longest = match.groups()
    return Component(
        charset=charset,
        shortest=1 if variable else int(longest),
        longest=int(longest),
        optional=text.startswith("["),
        linters=tuple(linters),
    )


def _listed(column: str) -> list[str]:
    return [] if column == "-" else column.split(",")


def _paths(column: str) -> tuple[tuple[str, ...], ...] | None:
    if column == "-":
        return None
    if column == "key":
        return ((),)
    return tuple(tuple(alternative.split(",")) for alternative in column.split("|"))


def _in_order(path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield every choice of qualifiers that keeps their order."""
    if not path:
        yield ()
        return
    for rest in _in_order(path[1:]):
        yield (path[0], *rest)
        yield rest


@cache
def _ai_lengths() -> dict[str, int]:
    return {code[:2]: len(code) for code in table()}


@cache
def _unknown(code: str) -> AI:
    fixed = PREDEFINED_VALUE_LENGTH.get(code[:2])
    shortest, longest = fixed or 1, fixed or UNKNOWN_LONGEST
    return AI(
        code=code,
        title="an AI this table does not know",
        components=(Component("X", shortest, longest, optional=False, linters=()),),
        shortest=shortest,
        longest=longest,
        predefined=fixed is not None,
        in_query=False,
        known=False,
    )
