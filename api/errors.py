"""What this package refuses on its own account; errors of the floors below pass as they are.

ApiError
└── LabelRefused       a label that must not be printed: PublicUrlNotSet
"""


class ApiError(Exception):
    """Base of everything this package raises on purpose; as in `traceability.errors`."""

    code = "api"
    template = "{message}"

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(self.template.format(**facts))


class LabelRefused(ApiError):
    code = "label_refused"
    template = "{what}; {next_step}"


class PublicUrlNotSet(LabelRefused):
    code = "public_url_not_set"
    template = (
        "no label is printed while public_url is not set: its code would lead nowhere, and labels "
        "cannot be called back; set public_url in minori.toml to the address shoppers can reach"
    )
