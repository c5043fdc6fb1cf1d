"""How long a piece of the backlog is looked at: so that about one batch is in it."""

from traceability.resolutions import DAY_MS

FIRST_MS, LONGEST_MS = 600_000, 7 * DAY_MS


class Window:
    """The length of the next piece. [ms]"""

    def __init__(self) -> None:
        self.ms = FIRST_MS

    def was_too_long(self) -> None:
        self.ms = max(1, self.ms // 2)

    def held(self, rows: int, *, wanted: int) -> None:
        """Learn from what was in the last piece; a window grows and shrinks by half at most."""
        fitting = self.ms * wanted // rows
        bounded = min(max(fitting, self.ms // 2), 2 * self.ms)
        self.ms = min(max(1, bounded), LONGEST_MS)
