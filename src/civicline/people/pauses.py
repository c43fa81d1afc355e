"""Pauses after failed sign-ins: they double, per account and per address, and a success ends the account's.

NIST SP 800-63B-4, 3.2.2 asks for a limit on consecutive failures; growing pauses keep it far below 100 an account a
day without letting a stranger shut somebody out for longer than `LONGEST_S`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

LONGEST_S = 900
FREE_FOR_ACCOUNT = 5
FREE_FOR_ADDRESS = 20
"""An office shares one address, so more mistakes are everyday there."""
FORGET = timedelta(days=1)


def pause_s(failures: int, free: int) -> int:
    """Seconds to wait after the last of `failures` in a row, of which the first `free` cost nothing."""
    if failures < free:
        return 0
    return min(LONGEST_S, 1 << min(failures - free, 16))


def remaining_s(failures: int, free: int, last_at: datetime, now: datetime) -> int:
    """Seconds until the next attempt is looked at; 0 when it may be made now."""
    pause = pause_s(failures, free)
    if not pause:
        return 0  # `last_at` may be later than `now`: somebody else's attempt was waited for
    left = last_at + timedelta(seconds=pause) - now
    return max(0, -(-left // timedelta(seconds=1)))
