"""Serial lines, and the probes on them or on MQTT."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from edge.settings.fields import Code, Says, Table, as_text


class Port(Table):
    """One serial line (or a serial server on the network) and how its bytes are framed."""

    name: Annotated[Code, Says("Name that devices refer to.", "Devices on it are refused.")]
    device: Annotated[
        str,
        Says(
            "Path from /dev/serial/by-id/ (or by-path), never ttyUSB0; or tcp://host:502 for "
            "Modbus TCP, serial://host:4001 for a serial server, uecs://0.0.0.0 or "
            "echonet://0.0.0.0 for the site's network, wisun:///dev/…?credentials=FILE for the "
            "smart meter's B-route.",
            "After unplugging, ttyUSB0 is another cable: probes fall silent or swap places.",
        ),
    ]
    baud: Annotated[
        Annotated[int, Field(ge=50, le=4_000_000)] | None,
        Says(
            "Bits a second, as the probes are set; left out: as their model usually is.",
            "Damaged frames, or silence.",
        ),
    ] = None
    bytesize: Annotated[
        Literal[7, 8] | None,
        Says("Data bits; left out: as the model usually has.", "Damaged frames, or silence."),
    ] = None
    parity: Annotated[
        Literal["N", "E", "O"] | None,
        Says("None, even or odd; left out: as the model usually has.", "Damaged frames."),
    ] = None
    stopbits: Annotated[
        Literal[1, 2] | None,
        Says("Stop bits; left out: as the model usually has.", "Now and then a damaged frame."),
    ] = None
    echo: Annotated[
        bool,
        Says("The adapter hears itself and sends our bytes back.", "Every frame looks damaged."),
    ] = False


class Device(Table):
    """One probe: on a port, or on MQTT (no port)."""

    name: Annotated[
        str,
        Field(min_length=1, max_length=64),
        Says(
            "Name its readings are filed under. Choose once.",
            "After a change its history ends and a new device begins.",
        ),
    ]
    model: Annotated[
        str,
        Says(
            "Profile: one of `minori devices`, or a file of yours in `profiles/` beside this file.",
            "Registers are misread: refused where that can be seen, wrong values where not.",
        ),
    ] = ""
    port: Annotated[str, Says("Name of its port; empty: it speaks MQTT.", "It is not polled.")] = ""
    address: Annotated[
        str,
        BeforeValidator(as_text),
        Says(
            "Its address on a shared line; left out: as it leaves the factory.",
            "No answer, or another probe's values as its own.",
        ),
    ] = ""
    identity: Annotated[
        str,
        Says(
            "What an MQTT device calls itself, if not by `name`.",
            "Its readings are filed under its own name and have no place.",
        ),
    ] = ""
    interval_s: Annotated[
        float,
        Field(ge=0.1, le=86_400),
        Says(
            "How often it is asked. [s]",
            "Below what the line can carry, every device on it falls behind its time.",
        ),
    ] = 10.0
    zone: Annotated[
        str,
        Says(
            "Code of the zone it measures. A change is recorded as a move, from now on.",
            "Its readings count for the wrong room's lots; empty: for none.",
        ),
    ] = ""
    state_of: Annotated[
        str | dict[str, str],
        Says(
            "What its relay or contact is the state of: lamp, pump, fan, heater, co2_valve, door, "
            'vent … (docs/recipes.md); by channel where it has several: { l1 = "lamp" }.',
            "Empty: a relay is a `switch`, a contact a `door`; no recipe tells day by its lamps.",
        ),
    ] = ""
    calibrate_every_days: Annotated[
        Annotated[int, Field(ge=1, le=3650)] | None,
        Says(
            "How often it has to be calibrated (`minori devices calibrate`); left out: never.",
            "Drifted values look right; or good ones are marked in doubt.",
        ),
    ] = None
