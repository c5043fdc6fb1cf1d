"""The pages and the HTTP interface."""

from typing import Annotated

from pydantic import Field

from edge.settings.fields import PortNumber, Says, Table


class Web(Table):
    """The pages and the HTTP interface."""

    host: Annotated[
        str,
        Says(
            "Address to listen on; 127.0.0.1 is this machine only, 0.0.0.0 is every network.",
            "Beyond this machine it refuses to start until somebody can sign in.",
        ),
    ] = "127.0.0.1"
    port: Annotated[
        PortNumber, Says("Port to listen on.", "Taken by another program: it does not start.")
    ] = 8000
    public_url: Annotated[
        str,
        Field(pattern=r"^(https?://[^/\s?#]+(/[^\s?#]*)?)?$"),
        Says(
            "Address under which shoppers and partners reach this service; goes onto labels.",
            "Printed codes lead nowhere, and labels cannot be called back. Empty: none printed.",
        ),
    ] = ""
    secret_file: Annotated[
        str,
        Says(
            "File of the key that signs session cookies; made at the first start.",
            "If it changes or is lost, everybody has to sign in again.",
        ),
    ] = "minori.secret"  # noqa: S105 a file name
    metrics_token_file: Annotated[
        str,
        Says(
            "File of the token a collector shows to read /metrics from another machine.",
            "Empty or unreadable: /metrics answers this machine only.",
        ),
    ] = ""
