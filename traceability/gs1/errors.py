"""What can be wrong with an identity: a class for each thing a caller does differently.

Gs1Error
├── NotGs1          nothing here can be read as GS1 data: ask for another code
├── BadElement      one element breaks its AI's format or a rule: name it, keep the others
├── BadPairing      elements that may not stand together, or one that misses its companion
├── BadLink         a web address that is no GS1 Digital Link, or a link that cannot be made
├── BadUrn          an EPC URN that breaks its scheme, or an identity that has none
└── BadLotCode      a lot or serial code nobody could print
"""

from traceability.errors import TraceabilityError


class Gs1Error(TraceabilityError):
    """Base of this package's errors.

    `code` is finer than the class: it names the rule that was broken. `parts` are the templates of
    the three facts its sentence is made of: where it is, what is wrong, and the likely cause with
    the next thing to try. Two facts every one of them has:
        ai        the Application Identifier at fault; None when no single one is
        position  where in the text as it was received, from 0; None when there is no such text
    """

    code = "gs1"
    template = "{where}{problem}; {hint}"

    def __init__(
        self,
        problem: str,
        *,
        hint: str,
        code: str | None = None,
        ai: str | None = None,
        position: int | None = None,
        **facts: object,
    ) -> None:
        self.ai, self.position = ai, position
        if code is not None:
            self.code = code
        where = WHERE[ai is not None, position is not None]
        self.parts = {"where": where, "problem": problem, "hint": hint}
        known = {"ai": ai, "position": position, **facts}
        said = {name: part.format(**known) for name, part in self.parts.items()}
        self.problem, self.hint = said["problem"], said["hint"]
        super().__init__(**known, **said)


class NotGs1(Gs1Error):
    code = "not_gs1"


class BadElement(Gs1Error):
    code = "bad_element"


class BadPairing(Gs1Error):
    code = "bad_pairing"


class BadLink(Gs1Error):
    code = "bad_link"


class BadUrn(Gs1Error):
    code = "bad_urn"


class BadLotCode(Gs1Error):
    code = "bad_lot_code"


# By whether an AI and a position are known.
WHERE = {
    (True, True): "AI ({ai}) at position {position}: ",
    (True, False): "AI ({ai}): ",
    (False, True): "at position {position}: ",
    (False, False): "",
}
