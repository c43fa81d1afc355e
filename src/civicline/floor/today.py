"""The figures of today, by queue: how right the told wait was, how long people waited, what came of promised calls.

Kept by the projector as sums (`contacts.queries.counted`), so a page costs the same in the evening as in the morning.
Formulas: `core.measures.FORMULAS`, as `civicline report day` has them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from operator import add
from typing import Any
from zoneinfo import ZoneInfo

from civicline.contacts import queries
from civicline.core.agency import Agency
from civicline.core.measures import FORMULAS, Parts
from civicline.web.agency import said


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one queue, or of several. Shares in percent, waits in seconds; None without a denominator."""

    id: str
    label: str
    parts: Parts

    @property
    def answered(self) -> int:
        return int(self.parts.answered)

    @property
    def told(self) -> int:
        return int(self.parts.wait_told)

    @property
    def close(self) -> float | None:
        return self._share("wait_told_close")

    @property
    def held(self) -> str:
        return self._wait("asa_hold_only_s")

    @property
    def with_callbacks(self) -> str:
        return self._wait("asa_with_callback_s")

    @property
    def callbacks_as_none(self) -> str:
        return self._wait("asa_callback_as_zero_s")

    @property
    def offered(self) -> int:
        return int(self.parts.hold_offered)

    @property
    def accepted(self) -> float | None:
        return self._share("hold_accepted_share")

    @property
    def reconnected(self) -> float | None:
        return self._share("reconnected_share")

    @property
    def abandoned(self) -> float | None:
        return self._share("hold_abandoned_share")

    @property
    def missed(self) -> int:
        return int(self.parts.callback_missed)

    def _share(self, name: str) -> float | None:
        value = FORMULAS[name].value(self.parts)
        return None if value is None else 100 * value

    def _wait(self, name: str) -> str:
        """Minutes and seconds, such as 2:05; "" without a denominator."""
        value = FORMULAS[name].value(self.parts)
        return "" if value is None else "{}:{:02}".format(*divmod(round(value), 60))


NOTHING = Figures("", "", Parts())


def figures(agency: Agency | None, now: datetime | None = None) -> dict[str, Figures]:
    """By queue: those that have any, in the order of the pack. The day is the agency's."""
    zone = ZoneInfo(agency.zone) if agency is not None else UTC
    counted = queries.counted((now or datetime.now(zone)).astimezone(zone).date())
    known = agency.queues if agency is not None else {}
    order = [*(name for name in known if name in counted), *sorted(counted.keys() - known.keys())]
    return {name: Figures(name, said(known[name].label) if name in known else name, _parts(counted[name]))
            for name in order}  # fmt: skip


def together(every: Iterable[Figures]) -> Figures:
    return Figures("", "", reduce(add, (each.parts for each in every), Parts()))


def _parts(sums: dict[str, float]) -> Parts:
    found: dict[str, Any] = sums
    return Parts(**found)
