"""What the site calls a lot, and how it writes a lot's code."""

from typing import Annotated

from pydantic import AfterValidator

from edge.settings.fields import Says, Table
from traceability.codes import check_pattern
from traceability.errors import BadValue


def _known_pattern(text: str) -> str:
    try:
        return check_pattern(text) if text else text
    except BadValue as error:
        raise ValueError(f"{error.facts['expected']} (got {error.facts['got']})") from error


class Lots(Table):
    """What the site calls a lot, and how it writes a lot's code; kept with the data, dated."""

    code_pattern: Annotated[
        str,
        AfterValidator(_known_pattern),
        Says(
            "How codes are made where none is typed, such as `{site}{date}-{n2}`: {site}, {date} "
            "(YYMMDD), {yy}, {week}, {day}, {crop}, {line}, and one counter {n}, {n2} to {n4}.",
            "Codes nobody can read at a glance; empty: every code is typed.",
        ),
    ] = ""
    line: Annotated[
        str, Says("What {line} stands for, such as the packing line.", "Codes name another line.")
    ] = ""
    definition: Annotated[
        str,
        Says(
            "What one lot is here, such as: what was cut from one bay in one day.",
            "Whoever reads a lot in ten years does not know what it was.",
        ),
    ] = ""
    definition_ja: Annotated[
        str, Says("The same in Japanese.", "Japanese pages show the other.")
    ] = ""
