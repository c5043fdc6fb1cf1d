"""Numbers for a collector that does not ask over HTTP."""

from typing import Annotated

from pydantic import Field

from edge.settings.fields import Says, Table


class Metrics(Table):
    """Numbers of the collecting part as a file, for node_exporter's textfile collector."""

    file: Annotated[
        str,
        Field(pattern=r"^$|\.prom$"),
        Says(
            "File that is written anew each 15 s, ending in .prom; empty: one in the service's "
            "runtime folder, where systemd made one (/run/minori).",
            "A collector shows nothing, or what an older process said.",
        ),
    ] = ""
