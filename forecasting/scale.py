"""Which scale a model works on: the log where zeros allow it, else the square root.

On a log, a season multiplies and nothing can turn negative, which fits harvests better than
clipping afterwards. Where more than one period in twenty is zero, the log of almost nothing
would rule every fit (Theta's intervals then cost 7 to 17 times the volume, measured); a square
root still keeps the season's shape.

Both ways round are free of units: y is first divided by its own mean.
"""

from dataclasses import dataclass

import numpy as np

from forecasting.table import Ahead, Floats

ZEROS_ALLOWED = 0.05
# A zero among positive weeks becomes 1 % of the mean, so that it is small and not infinitely so.
OFFSET = 0.01
# No produce grows tenfold over everything ever seen within a horizon; exp() knows no such limit.
CAP = 10.0


@dataclass(frozen=True, slots=True)
class Scale:
    mean: float
    log: bool
    highest: float

    def forward(self, y: Floats) -> Floats:
        relative = y / self.mean
        return np.log(relative + OFFSET) if self.log else np.sqrt(relative)

    def back(self, z: Floats) -> Floats:
        """Return to the unit of y, never negative."""
        limited = np.minimum(z, self.highest)
        relative = np.exp(limited) - OFFSET if self.log else np.maximum(limited, 0.0) ** 2
        return np.maximum(relative, 0.0) * self.mean


def scale_for(y: Floats) -> Scale:
    """Choose by the share of zeros. NaN (closed) does not count."""
    known = y[np.isfinite(y)]
    mean = float(np.mean(known)) or 1.0
    log = bool(np.mean(known == 0) <= ZEROS_ALLOWED)
    top = CAP * float(np.max(known)) / mean
    return Scale(mean, log, float(np.log(top + OFFSET) if log else np.sqrt(top)))


def open_only(rates: Floats, ahead: Ahead) -> Floats:
    """Rates (n, 3) times open days; a closed period is 0."""
    return rates if ahead.open_days is None else rates * ahead.open_days[:, None]
