"""Between P10, P50 and P90: the amount at any confidence, and how likely less than an amount is.

Each side is half a normal distribution through its quantile, so that 90 % gives exactly P10 and
the two functions undo each other.
"""

import math
from statistics import NormalDist

_NORMAL = NormalDist()
_P90 = _NORMAL.inv_cdf(0.9)


def counted_on(p10: float, p50: float, p90: float, confidence: float) -> float:
    """Return what comes at least, with that probability; never below 0.

    >>> counted_on(30, 42, 55, 0.9)
    30.0
    """
    score = _NORMAL.inv_cdf(1 - confidence)
    side = p50 - p10 if score < 0 else p90 - p50
    return max(0.0, round(p50 + side * score / _P90, 9))


def shortfall(p10: float, p50: float, p90: float, amount: float) -> float:
    """Return the probability that less than an amount comes. [0 to 1]

    >>> round(shortfall(30, 42, 55, 30), 3), shortfall(30, 42, 55, 0)
    (0.1, 0.0)
    """
    if amount <= 0:
        return 0.0
    side = p50 - p10 if amount < p50 else p90 - p50
    if side <= 0:
        return 0.5 if math.isclose(amount, p50) else float(amount > p50)
    return _NORMAL.cdf((amount - p50) / side * _P90)
