"""Where copies of the record go, and how old the newest may be."""

from typing import Annotated

from pydantic import Field

from edge.settings.fields import Says, Table


class Backup(Table):
    """Copies of the record: `minori backup`, and by itself before `minori db upgrade`."""

    folder: Annotated[
        str,
        Says(
            "Folder of the copies; better on another disk. Empty: `backups` beside the database.",
            "Copies on the same disk die with it; `minori doctor` looks for them elsewhere.",
        ),
    ] = ""
    warn_after_days: Annotated[
        int,
        Field(ge=0, le=3650),
        Says(
            "`minori doctor` warns when the newest copy is older. 0: never. [d]",
            "A broken timer is noticed the day a copy is needed.",
        ),
    ] = 7
