"""What a scenario saw, and what of it broke the promise."""

from dataclasses import dataclass


class NotHere(Exception):
    """This machine cannot inflict that; the words say what is missing."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a scenario counted, in words and numbers, and each broken promise as a sentence."""

    name: str
    seen: tuple[tuple[str, float | str], ...]
    wrong: tuple[str, ...] = ()

    def __str__(self) -> str:
        width = max((len(what) for what, _ in self.seen), default=0)
        lines = [f"  {what:<{width}}  {_shown(value)}" for what, value in self.seen]
        return "\n".join([*lines, *(f"  WRONG: {sentence}" for sentence in self.wrong)])


def _shown(value: float | str) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3g}"
