"""Rounding as the tables do it."""

from decimal import Decimal
from fractions import Fraction


def round_half_up(value: Fraction, digits: int) -> Decimal:
    """The nearest number of so many decimals, away from zero when two are equally near."""
    units = int(abs(value) * 10**digits + Fraction(1, 2))
    return Decimal(units if value >= 0 else -units).scaleb(-digits)
