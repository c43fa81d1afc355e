"""How long to wait before a child is started again."""

from __future__ import annotations

QUICK_S = 1.0
"""A child that lived shorter died "at once": something keeps it from running."""
FREE = 3
"""So many quick deaths in a row cost no pause."""
FIRST_S = 0.25
LONGEST_S = 5.0


def pause_s(quick_deaths: int) -> float:
    """After so many quick deaths in a row (0: it had lived a while): 0, then 0.25 s doubling up to 5 s."""
    late = quick_deaths - FREE
    return 0.0 if late <= 0 else min(LONGEST_S, FIRST_S * 2.0 ** min(late - 1, 10))
