"""Sippy prints whole messages where it meets a mistake; messages hold numbers and names. Silence it.

Errors are reported by their type and place only: the text of a ValueError may quote what a person sent. Each kind is
one line a minute, since whoever can send a datagram can cause one.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

from civicline.voice.rarely import Rarely, kind_and_place

log = logging.getLogger("civicline.voice.sip")
rarely = Rarely(log)


class NoMessages:
    """Stands where Sippy wants its file logger (`_sip_logger`)."""

    def write(self, *text: Any, **when: Any) -> None:
        """Write nothing."""


def report(what: str, error: BaseException) -> None:
    """Log an unexpected error without its text."""
    rarely.warning(f"{what}: {kind_and_place(error)}")


def silence() -> None:
    """Replace `print` and `dump_exception` in every module of Sippy that is loaded by now."""
    for name, module in list(sys.modules.items()):
        if name.startswith("sippy.") and module is not None:
            vars(module)["print"] = _print_nothing
            if hasattr(module, "dump_exception"):
                vars(module)["dump_exception"] = _dump


def _print_nothing(*text: Any, **how: Any) -> None:
    pass


def _dump(message: str, *_: Any, **__: Any) -> None:
    error = sys.exception()
    if error is not None:
        report("a SIP message or timer was dropped", error)
