"""Old bodies are read as their newest version: a function for each step, applied in turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from civicline.journal.event import Event

Body = dict[str, Any]
Upcaster = Callable[[Body], Body]

_STEPS: dict[tuple[str, int], Upcaster] = {}


def register(kind: str, version: int) -> Callable[[Upcaster], Upcaster]:
    """Decorate the function that turns a body of `version` into one of `version + 1`."""

    def keep(step: Upcaster) -> Upcaster:
        if (kind, version) in _STEPS:
            raise ValueError(f"{kind} version {version} has an upcaster already")
        _STEPS[kind, version] = step
        return step

    return keep


def upcast(event: Event) -> Event:
    """The event at its newest version."""
    while (step := _STEPS.get((event.kind, event.version))) is not None:
        event = event._replace(version=event.version + 1, body=step(event.body))
    return event
