"""The PostgreSQL server in the data folder: made, checked, run in the foreground, waited for (decision 0001)."""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from civicline.database import config, postmaster
from civicline.database.account import Account, account, environment
from civicline.database.binaries import MAJOR, programs
from civicline.database.create import create, server_path
from civicline.database.errors import DatabaseError
from civicline.database.layout import Layout, layout
from civicline.database.urls import urls
from civicline.settings import Settings

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def prepare(settings: Settings) -> None:
    """Make the database with its roles and passwords unless it is there, and check its folders' modes.

    Does nothing when CIVICLINE_DATABASE_URL points to another server. Raises DatabaseError.
    """
    if settings.database_url is None:
        place = layout(settings)
        create(place)
        _check(place, account(place.home))


def run(settings: Settings) -> int:
    """Run the server until SIGTERM or SIGINT (then its fast shutdown); gives the exit code for the process.

    Stands between the supervisor and PostgreSQL, whose SIGTERM would wait for all clients to leave.
    """
    if settings.database_url is not None:
        print("CIVICLINE_DATABASE_URL points to another server: there is none to run here", file=sys.stderr)
        return 2
    place = layout(settings)
    try:
        prepare(settings)
        with _only_one(place):
            who = account(place.home)
            postmaster.clear(place, who)
            _make_socket_dir(place, who)
            return _serve(place, who)
    except DatabaseError as error:
        print(error, file=sys.stderr)
        return 2


def wait_ready(settings: Settings, timeout_s: float = 30.0) -> None:
    """Return once the server answers. Raises DatabaseError after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            psycopg.connect(urls(settings).app, connect_timeout=2).close()
            return
        except (psycopg.OperationalError, DatabaseError) as error:
            if time.monotonic() > deadline:
                raise DatabaseError(f"the database does not answer after {timeout_s:g} s: {error}") from error
        time.sleep(0.02)


def _check(place: Layout, who: Account) -> None:
    for folder in (place.home, place.cluster):
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or stat.S_IMODE(found.st_mode) != 0o700:
            raise DatabaseError(f"{folder} must be a folder that only its owner may enter: chmod 700 {folder}")
        if found.st_uid != who.uid:
            raise DatabaseError(f"{folder} belongs to another account: start Civicline as that one, or chown -R it")
    made_by = (place.cluster / "PG_VERSION").read_text().strip()
    if made_by != str(MAJOR):
        raise DatabaseError(f"{place.cluster} was made by PostgreSQL {made_by}, this is {MAJOR}: dump and load it")


@contextmanager
def _only_one(place: Layout) -> Iterator[None]:
    with place.lock.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as busy:
            file.seek(0)
            raise DatabaseError(
                f"the database in {place.data} is already running (process {file.read().strip()}): stop that first"
            ) from busy
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _make_socket_dir(place: Layout, who: Account) -> None:
    folder = place.socket_dir
    try:
        folder.mkdir(mode=0o700)
        who.give(folder)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != who.uid or stat.S_IMODE(found.st_mode) != 0o700:
            raise DatabaseError(f"{folder} is not a private folder of the server's account: remove it") from None


def _serve(place: Layout, who: Account) -> int:
    socket_dir = "../run" if place.socket_is_inside else str(place.socket_dir)
    given = {**config.ALWAYS, "unix_socket_directories": socket_dir, "cluster_name": place.cluster_name}
    server = subprocess.Popen(
        [
            programs(who) / "postgres",
            *("-D", server_path(place.cluster, who)),
            *(part for name, value in given.items() for part in ("-c", f"{name}={value}")),
        ],
        cwd=place.cluster, env=environment(), preexec_fn=_stop_with_parent(os.getpid()), **who.popen,
    )  # fmt: skip
    return _wait(server)


def _stop_with_parent(parent: int) -> Callable[[], None]:
    """PostgreSQL gets its fast shutdown when we are killed; set after the account changed, which clears it."""
    libc = ctypes.CDLL(None)

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT)
        if os.getppid() != parent:
            os._exit(1)

    return ask


def _wait(server: subprocess.Popen[bytes]) -> int:
    stopping = False

    def stop(_number: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True
        server.send_signal(signal.SIGINT)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        code = server.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0 if stopping and code == 0 else (code if code > 0 else 128 - code)
