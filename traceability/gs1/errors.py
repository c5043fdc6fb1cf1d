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

    Facts that every one of them has (None when it does not apply):
        ai        the Application Identifier at fault
        position  where in the text as it was received, from 0
        problem   what is wrong, in words
        hint      the likely cause and the next thing to try
    `code` is finer than the class: it names the rule that was broken.
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
    ) -> None:
        self.ai, self.position, self.problem, self.hint = ai, position, problem, hint
        if code is not None:
            self.code = code
        super().__init__(
            where=_where(ai, position), problem=problem, hint=hint, ai=ai, position=position
        )


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


def _where(ai: str | None, position: int | None) -> str:
    if ai is not None and position is not None:
        return f"AI ({ai}) at position {position}: "
    if ai is not None:
        return f"AI ({ai}): "
    if position is not None:
        return f"at position {position}: "
    return ""
