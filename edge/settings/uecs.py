"""What we send to a UECS network."""

from typing import Annotated

from pydantic import Field

from edge.settings.fields import Says, Table


class UecsSend(Table):
    """One value of ours as a CCM, so that UECS controllers in the house see it."""

    type: Annotated[
        str,
        Field(min_length=1, max_length=19),
        Says("CCM type with its suffix, as receivers expect it.", "Nobody listens to it."),
    ]
    device: Annotated[str, Says("Name of the device.", "Nothing is sent.")]
    quantity: Annotated[str, Says("Quantity, in its own unit.", "Nothing is sent.")]
    channel: Annotated[str, Says("Channel, where the device has several.", "Nothing is sent.")] = ""
    room: Annotated[
        int, Field(ge=0, le=127), Says("Room; 0 is the whole site.", "Another room's value.")
    ] = 1
    region: Annotated[
        int, Field(ge=0, le=127), Says("Region of the room; 0 is any.", "Another place's value.")
    ] = 1
    order: Annotated[
        int,
        Field(ge=0, le=30_000),
        Says("Order within the region; 0 is any.", "Another place's value."),
    ] = 1
    priority: Annotated[
        int,
        Field(ge=0, le=30),
        Says(
            "The lower number wins.",
            "Our value replaces another node's, or is replaced by it.",
        ),
    ] = 29


class Uecs(Table):
    """Values we send to the UECS network; hearing it is a port (`uecs://0.0.0.0`)."""

    send_to: Annotated[
        str,
        Says("Broadcast address of the greenhouse network.", "Receivers hear nothing of ours."),
    ] = "255.255.255.255"
    own_ip: Annotated[
        str,
        Says(
            "Our own address there; receivers decide by it between equal senders.",
            "At equal priority another node's value wins, or never does.",
        ),
    ] = "0.0.0.0"  # noqa: S104 - says "unknown", nothing is bound to it
    send: Annotated[
        list[UecsSend],
        Says("What is sent, each ten seconds while fresh and good.", "Nothing is sent."),
    ] = []
