"""`civicline run PROCESS`: one process in the foreground, as the supervisor or systemd starts it."""

from __future__ import annotations

import argparse
import importlib
import sys
from typing import Any

from civicline.commands.errors import UsageError
from civicline.settings import PortRange, Settings

PROCESSES = {
    "postgres": "civicline.database.cluster",
    "engine": "civicline.engine.process",
    "worker": "civicline.worker.process",
    "media": "civicline.voice.media.process",
    "voice": "civicline.voice.process",
    "web": "civicline.web.process",
    "live": "civicline.live.process",
}
"""Each module has `run(settings) -> int`; media also takes its NG address and its RTP ports."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("process", choices=PROCESSES, metavar="PROCESS", help=", ".join(PROCESSES))
    parser.add_argument("--number", type=int, default=1, help="which of the media processes, counted from 1")
    parser.add_argument("--spare", action="store_true", help="load it, and begin only when told so on standard input")
    parser.epilog = "Example: civicline run engine"


def run(args: argparse.Namespace, settings: Settings) -> int:
    module = _module(args.process)
    if args.spare and not _told_to_begin(module):
        return 0
    if args.process == "media":
        return _run_media(module, settings, args.number)
    code: int = module.run(settings)
    return code


def _told_to_begin(module: Any) -> bool:
    """Wait for a line; False when the supervisor went away. A module's `prepare()` loads what its import does not."""
    getattr(module, "prepare", lambda: None)()
    return bool(sys.stdin.readline())


def _module(process: str) -> Any:
    name = PROCESSES[process]
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not name.startswith(error.name):
            raise
        raise UsageError(f"the process {process} is not in this installation: {name} is missing") from error


def _run_media(module: Any, settings: Settings, number: int) -> int:
    if not 1 <= number <= len(settings.ng):
        raise UsageError(f"--number {number}: CIVICLINE_NG names {len(settings.ng)} media processes, count from 1")
    code: int = module.run(settings, settings.ng[number - 1], share(settings.rtp, number, len(settings.ng)))
    return code


def share(ports: PortRange, number: int, count: int) -> PortRange:
    """The part of the RTP ports of one of `count` media processes; even at the start, since RTP takes even ports."""
    each = (ports.last - ports.first + 1) // count // 2 * 2
    if each < 2:
        raise UsageError(f"CIVICLINE_RTP has too few ports for {count} media processes: widen it")
    first = ports.first + (number - 1) * each
    return PortRange(first, ports.last if number == count else first + each - 1)
