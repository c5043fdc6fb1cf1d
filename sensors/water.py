"""Nutrient solution: electrical conductivity at 25 °C, compensated once and never twice.

EC is mS/cm, which is dS/m and 1,000 µS/cm. "ppm" and CF are other people's scales and not kept.
"""

# Per °C. 0.019 to 0.02 fits nutrient solutions. Source: ISO 7888:1985, linear compensation.
ALPHA = 0.019


def ec25(
    ec_ms_cm: float, temperature_c: float, *, compensated: bool, alpha: float = ALPHA
) -> float:
    """Return the conductivity the solution would have at 25 °C. [mS/cm]

    Args:
        ec_ms_cm: As the probe gives it.
        temperature_c: Of the solution, when it was measured.
        compensated: Whether the probe has done it already. Most do (every EZO that is asked with
            `RT`, soil probes, hand meters); twice is 2 % wrong a degree, so there is no default.
        alpha: Change per °C.

    >>> round(ec25(1.6, 18.0, compensated=False), 4)
    1.8454
    >>> ec25(1.6, 18.0, compensated=True)
    1.6

    Source: ISO 7888:1985, Water quality, Determination of electrical conductivity.
    """
    return ec_ms_cm if compensated else ec_ms_cm / (1 + alpha * (temperature_c - 25))
