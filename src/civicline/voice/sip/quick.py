"""Two things that Sippy does for each message and each timer, at a tenth of the cost."""

from __future__ import annotations

import time
from collections.abc import Sequence

import sippy.SdpOrigin
import sippy.SipConf
import sippy.SipURL
import sippy.SipVia
import sippy.Time.MonoTime

_ASK_FOR_MY = (sippy.SdpOrigin, sippy.SipConf, sippy.SipURL, sippy.SipVia)


def _names(value: object) -> Sequence[str]:
    """All that these modules look for in `dir(value)`."""
    return ("my",) if hasattr(value, "my") else ()


def hurry() -> None:
    """Ask the clocks without ctypes, and whether an address is "my" own without a list of all its attributes."""
    sippy.Time.MonoTime.clock_getdtime = time.clock_gettime
    for module in _ASK_FOR_MY:
        vars(module)["dir"] = _names
