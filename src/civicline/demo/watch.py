"""`python -m civicline.demo.watch`: says where everything is, then how the calls go; at the end, the figures."""

from __future__ import annotations

import argparse
import datetime
import json
import sys
import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from civicline import settings as settings_module
from civicline.core import kinds
from civicline.database.urls import urls
from civicline.demo import account, sign_ins, welcome
from civicline.demo.figures import Figures
from civicline.engine import fold
from civicline.journal.connect import connect
from civicline.journal.follow import Follower
from civicline.settings import Settings

READY, RESULT, CALLERS = "ready", "result.json", "callers.json"
LINE_S, LOG_LINE_S = 3.0, 10.0
SETTLE_S = 8.0
"""How long, after all have hung up, the journal may need to say so."""
LATE_S = 20.0


class Watch:
    def __init__(self, settings: Settings, shows: bool) -> None:
        self._shows, self._shown_at, self._shown = shows, 0.0, ""
        self._folder = sign_ins.folder(settings)
        self.url = urls(settings).app
        with connect(self.url, "demonstration") as conn:
            folded, _ = fold.recover(conn)
        self.zone = folded.state.agency.zone if folded.state.agency else "UTC"
        self.began_at = time.time()
        self.figures = Figures()
        self._follower = Follower(self.url, after=folded.position)

    def read(self, timeout_s: float) -> None:
        for event in self._follower.read(timeout_s):
            fact = kinds.fact(event.kind, event.body)
            if fact is not None:
                self.figures.take(fact)
        if self._shows:
            self._show(welcome.line(self.figures.now()))

    def _show(self, line: str) -> None:
        """One line that is written over on a terminal; elsewhere a new one, less often, when something has changed."""
        terminal = sys.stdout.isatty()
        if time.monotonic() - self._shown_at < (LINE_S if terminal else LOG_LINE_S) or line == self._shown:
            return
        self._shown_at, self._shown = time.monotonic(), line
        print(f"\r{line}\033[K" if terminal else line, end="" if terminal else "\n", flush=True)

    def for_ever(self) -> None:
        """Until the callers are told to leave, which is the first thing when all is stopped."""
        while not _left(self._folder / CALLERS):
            self.read(LINE_S / 3)
        self._end_line()

    def _end_line(self) -> None:
        if self._shown and sys.stdout.isatty():
            print(flush=True)

    def until_left(self, until: float) -> None:
        """Until the callers have hung up, and the journal and the representatives know it."""
        while not _left(self._folder / CALLERS) and time.time() < until + LATE_S:
            self.read(0.5)
        deadline = time.monotonic() + SETTLE_S
        while not self._settled() and time.monotonic() < deadline:
            self.read(0.5)
        self._end_line()

    def _settled(self) -> bool:
        said = self.figures.whole()
        return not said["unfinished"] and account.of_representatives(self._folder)["calls"] >= said["answered"]

    def result(self) -> dict[str, Any]:
        return {
            "seconds": round(time.time() - self.began_at, 1),
            "journal": self.figures.whole(),
            "callers": account.of_callers(self._folder),
            "representatives": account.of_representatives(self._folder),
            "report": _report(self.url, self.zone),
        }


def _left(status: Path) -> bool:
    try:
        return bool(json.loads(status.read_text())["left"])
    except FileNotFoundError:
        return False


def _report(url: str, zone: str) -> Any:
    """The report of this day: also of calls before this demonstration, where the data folder has any."""
    from civicline.measures import report

    return report.day(url, datetime.datetime.now(ZoneInfo(zone)).date(), zone)["total"]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--until", type=float)
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("--visitor", required=True)
    parser.add_argument("--made-keyset", action="store_true")
    given = parser.parse_args()
    settings = settings_module.load()
    watch, folder = Watch(settings, shows=not given.quiet), sign_ins.folder(settings)
    (folder / READY).touch()
    if not given.quiet:
        print(welcome.text(settings, sign_ins.load(settings), given.visitor, given.made_keyset), flush=True)
    if given.until is None:
        watch.for_ever()
    else:
        watch.until_left(given.until)
        (folder / RESULT).write_text(json.dumps(watch.result(), indent=1))


if __name__ == "__main__":
    main()
