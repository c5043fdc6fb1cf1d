"""Shift_JIS as Windows writes it (CP932): what older programs in Japan read.

It lacks many characters. Those with a twin that looks the same are written as the twin (¥ as ￥);
any other is refused with its row and column, or written as 〓, as printers in Japan mark a letter
they do not have, if that was asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from api.errors import NotInCp932

MARK = "〓"
# The same character under another number: which one a keyboard gives depends on the machine.
_TWINS = str.maketrans(
    {
        "\u00a5": "\uffe5",  # ¥
        "\u2212": "\uff0d",  # −
        "\u301c": "\uff5e",  # 〜
        "\u2016": "\u2225",  # ‖
        "\u2014": "\u2015",  # —
        "\u2013": "\u2010",  # –
        "\u00a0": " ",
    }
)


@dataclass(frozen=True, slots=True)
class Place:
    """A character that has no place in CP932, and where it stands; rows are counted from 1,
    the header being the first."""

    row: int
    column: str
    characters: str


def text_of(rows: Sequence[Sequence[str]], *, replace: bool) -> tuple[list[list[str]], list[Place]]:
    """Return the rows as CP932 can hold them, and what was replaced.

    Raises:
        NotInCp932: a character it lacks, and `replace` was not asked for.
    """
    header = rows[0] if rows else []
    places: list[Place] = []
    out = [
        [_cell(cell.translate(_TWINS), number, header[i], places) for i, cell in enumerate(row)]
        for number, row in enumerate(rows, 1)
    ]
    if places and not replace:
        first = places[0]
        raise NotInCp932(
            row=first.row,
            column=first.column,
            characters=" ".join(f"{c} (U+{ord(c):04X})" for c in first.characters),
            more=len(places) - 1,
        )
    return out, places


def _cell(text: str, row: int, column: str, places: list[Place]) -> str:
    try:
        text.encode("cp932")
    except UnicodeEncodeError:
        lacking = {c for c in text if not _holds(c)}
        places.append(Place(row, column, "".join(c for c in dict.fromkeys(text) if c in lacking)))
        return "".join(MARK if c in lacking else c for c in text)
    return text


def _holds(character: str) -> bool:
    try:
        character.encode("cp932")
    except UnicodeEncodeError:
        return False
    return True
