"""How much of a lot: pieces, whole grams, or both. None is unknown and stays unknown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from traceability.errors import BadValue, Phrase

# What a 32-bit column holds; as grams it is 2,147 tonnes, more than any lot.
LARGEST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Amount:
    """Pieces and/or grams, whole and not negative; nothing that must add up is a float."""

    pieces: int | None = None
    weight_g: int | None = None

    def __post_init__(self) -> None:
        # Both at once first: a recall makes 200,000 of these, and all of them are right.
        if 0 <= (self.pieces or 0) <= LARGEST and 0 <= (self.weight_g or 0) <= LARGEST:
            return
        field = "weight_g" if 0 <= (self.pieces or 0) <= LARGEST else "pieces"
        raise BadValue(
            field=field,
            expected=Phrase("0 to {largest}", largest=LARGEST),
            got=getattr(self, field),
            next_step="correct the amount",
        )

    def __str__(self) -> str:
        words = []
        if self.pieces is not None:
            words.append(f"{self.pieces} pieces")
        if self.weight_g is not None:
            words.append(f"{self.weight_g} g")
        return " / ".join(words) or "an unknown amount"

    @property
    def is_known(self) -> bool:
        return self.pieces is not None or self.weight_g is not None

    @property
    def is_nothing(self) -> bool:
        """Whether it is known that nothing is left."""
        return self.is_known and not self.pieces and not self.weight_g

    def plus(self, other: "Amount") -> "Amount":
        return Amount(_add(self.pieces, other.pieces), _add(self.weight_g, other.weight_g))

    def minus(self, other: "Amount") -> "Amount":
        """Take away, down to nothing; an unknown dimension stays unknown."""
        return Amount(_less(self.pieces, other.pieces), _less(self.weight_g, other.weight_g))

    def lacking(self, asked: "Amount") -> "Amount | None":
        """Return by how much `asked` is more than this, or None if there is enough.

        What this amount does not know cannot be lacking.
        """
        pieces = _excess(asked.pieces, self.pieces)
        weight_g = _excess(asked.weight_g, self.weight_g)
        return Amount(pieces, weight_g) if pieces or weight_g else None

    def part(self, asked: "Amount") -> "Amount":
        """Complete `asked` with the dimension it leaves out, in proportion to this whole.

        Shipping 10 of 40 bags takes a quarter of the grams; a remainder stays with the whole, and
        whoever takes all of one dimension takes all of the other.
        """
        return Amount(
            _share(asked.pieces, asked.weight_g, self.pieces, self.weight_g),
            _share(asked.weight_g, asked.pieces, self.weight_g, self.pieces),
        )


def total(amounts: Iterable[Amount]) -> Amount:
    """Add up; a dimension that one of them does not know is unknown in the sum."""
    parts = list(amounts)
    if not parts:
        return Amount()
    result = parts[0]
    for part in parts[1:]:
        result = Amount(_both(result.pieces, part.pieces), _both(result.weight_g, part.weight_g))
    return result


def apportion(whole: int, weights: Sequence[int]) -> list[int]:
    """Divide `whole` in proportion to `weights`, to the last gram (largest remainder).

    >>> apportion(100, [1, 1, 1])
    [34, 33, 33]
    """
    among = sum(weights)
    if among == 0:
        raise BadValue(
            field="weights", expected="more than nothing", got=0, next_step="name the amounts"
        )
    shares = [whole * weight // among for weight in weights]
    remainders = sorted(range(len(weights)), key=lambda i: (-(whole * weights[i] % among), i))
    for i in remainders[: whole - sum(shares)]:
        shares[i] += 1
    return shares


def _add(a: int | None, b: int | None) -> int | None:
    if a is None or b is None:
        return a if b is None else b
    return a + b


def _less(a: int | None, b: int | None) -> int | None:
    return None if a is None else max(0, a - (b or 0))


def _both(a: int | None, b: int | None) -> int | None:
    return None if a is None or b is None else a + b


def _excess(asked: int | None, has: int | None) -> int | None:
    if asked is None or has is None or asked <= has:
        return None
    return asked - has


def _share(
    given: int | None, other: int | None, whole: int | None, other_whole: int | None
) -> int | None:
    if given is not None or whole is None or other is None:
        return given
    if not other_whole:
        return None
    return whole if other >= other_whole else whole * other // other_whole
