"""When readings stop being taken in because the disk is nearly full, and what is kept to free."""

from typing import Annotated

from pydantic import Field

from edge.settings.fields import Says, Table


class Disk(Table):
    """The disk the record lies on (SQLite): how far readings may fill it."""

    floor_mb: Annotated[
        int,
        Field(ge=0, le=1_000_000),
        Says(
            "Below so much free room no more readings are taken in: the broker keeps them, probes "
            "wait. Lots go on being recorded. 0: never. [MB]",
            "0: the disk fills up, and then lots cannot be recorded either.",
        ),
    ] = 200
    ballast_mb: Annotated[
        int,
        Field(ge=0, le=100_000),
        Says(
            "Size of a file that is only there to be removed when the disk is full all the same, "
            "so that lots can still be recorded; made again once there is room. 0: none. [MB]",
            "0: when something else fills the disk, nothing at all can be recorded.",
        ),
    ] = 32
