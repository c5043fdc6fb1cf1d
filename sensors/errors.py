"""What can go wrong between a wire and a Reading: a class for each thing a caller does differently.

SensorError
├── NoAnswer          nothing came in time: back off, ask again
├── DamagedFrame      bytes came and cannot be trusted: count them, keep a sample, ask again
├── DeviceRefused     the device is alive and said no (busy is not "gone")
├── PortLost          the wire itself went away: re-open it
├── BadPayload        a networked probe sent something its shape does not allow
├── UnknownQuantity   a name or a unit the vocabulary does not have
├── BadProfile        a device profile is wrong; says which line and what would be right
│   └── UnknownModel  there is none of that name
└── BadCalibration    a calibration that cannot be meant
"""


class SensorError(Exception):
    """Base of everything this package raises on purpose.

    `template` is the English sentence with named facts: what, where, expected, got, and the
    next thing to try. The facts stay attributes, so that `api` can say it in another language.
    """

    code = "sensor"
    template = "{message}"

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(self.template.format(**facts))


class NoAnswer(SensorError):
    code = "no_answer"
    template = (
        "{device} did not answer within {limit_ms} ms; check its power, its address and the wiring"
    )


class DamagedFrame(SensorError):
    code = "damaged_frame"
    template = "{wire}: {problem}; expected {expected}, got {got}; check wiring and baud rate"


class DeviceRefused(SensorError):
    code = "device_refused"
    template = "{device} answered but refused: {reason}; {next_step}"


class PortLost(SensorError):
    code = "port_lost"
    template = "port {port} went away ({cause}); it is re-opened when it returns"


class BadPayload(SensorError):
    code = "bad_payload"
    template = "{source}: {problem}; expected {expected}, got {got}"


class UnknownQuantity(SensorError):
    code = "unknown_quantity"
    template = "{problem} {name!r}; known are {known}"


class BadProfile(SensorError):
    code = "bad_profile"
    template = "{file}, line {line}: {problem}; {right}"


class UnknownModel(BadProfile):
    code = "unknown_model"
    template = "there is no model {model!r}; the nearest are {near}"


class BadCalibration(SensorError):
    code = "bad_calibration"
    template = "calibration of {device}: {problem}; {right}"
