"""What is looked at before anything is started, so that a refused start leaves nothing behind."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from civicline.settings import Address, Settings
from civicline.supervisor.keeper import Refused, say

TCP, UDP = socket.SOCK_STREAM, socket.SOCK_DGRAM


def ports(settings: Settings) -> None:
    """Raises Refused for the first address that cannot be listened on."""
    wanted = [("CIVICLINE_HTTP", settings.http, TCP), ("CIVICLINE_SIP", settings.sip, UDP)]
    wanted += [("CIVICLINE_NG", address, UDP) for address in settings.ng if not settings.rtpengine]
    wanted += [("CIVICLINE_NG_EVENTS", settings.ng_events, UDP)]
    taken: set[tuple[Address, socket.SocketKind]] = set()
    for name, address, kind in wanted:
        if (address, kind) in taken:
            raise Refused(f"{name} names {address}, which another setting has too: give it a port of its own")
        taken.add((address, kind))
        problem = port_problem(address, kind)
        if problem:
            raise Refused(f"{address} {problem} (setting {name}): free it, or set {name} to another HOST:PORT")


def port_problem(address: Address, kind: socket.SocketKind) -> str:
    """Why the address cannot be listened on; "" when it can."""
    try:
        family = socket.getaddrinfo(address.host, address.port, type=kind)[0][0]
        with socket.socket(family, kind) as probe:
            if kind == TCP:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address.host, address.port))
    except socket.gaierror:
        return "is not an address"
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return "is in use by another program"
        if error.errno == errno.EADDRNOTAVAIL:
            return "is not an address of this machine"
        return f"cannot be listened on: {(error.strerror or 'unknown').lower()}"
    return ""


def keyset(settings: Settings, given: bool) -> None:
    """Make the first keyset where nobody has named one (`given`); raises Refused when it cannot be used."""
    from civicline.people.keyset import KeysetError, create, load

    try:
        if not given and not settings.keyset.exists() and create(settings.keyset):
            say(f"made the keyset {settings.keyset}: keep a copy, and set CIVICLINE_KEYSET in production")
        load(settings.keyset)
    except KeysetError as error:
        raise Refused(str(error)) from error


def database(settings: Settings) -> None:
    """Raises Refused when CIVICLINE_DATABASE_URL is set and does not answer."""
    if settings.database_url is None:
        return
    import psycopg

    try:
        psycopg.connect(settings.database_url, connect_timeout=5).close()
    except psycopg.Error as error:
        why = " ".join(str(error).split()) or "no answer"
        raise Refused(f"the database at CIVICLINE_DATABASE_URL does not answer: {why}") from error


@contextmanager
def data_folder(settings: Settings) -> Iterator[None]:
    """Made when it is missing, and held against a second supervisor. Raises Refused."""
    made = _make(settings.data)
    try:
        lock = os.open(settings.data / "up.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Refused(f"{settings.data} cannot be written to: {_why(error)}") from error
    try:
        _lock(lock, settings.data)
        yield
    except BaseException:
        _unmake(settings.data, made)
        raise
    finally:
        os.close(lock)


def _make(data: Path) -> list[Path]:
    """The folders that were made, the innermost first."""
    missing = [folder for folder in (data, *data.parents) if not folder.exists()]
    try:
        data.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        if not data.is_dir():
            raise Refused(f"{data} is not a folder: set CIVICLINE_DATA to another path") from None
        return []
    except OSError as error:
        raise Refused(f"the data folder {data} cannot be made: {_why(error)}; set CIVICLINE_DATA") from error
    return missing


def _lock(handle: int, data: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held = os.pread(handle, 32, 0).decode().strip() or "unknown"
        raise Refused(
            f"Civicline already runs on {data} (process {held}): stop it, or set CIVICLINE_DATA to another folder"
        ) from None
    os.ftruncate(handle, 0)
    os.pwrite(handle, str(os.getpid()).encode(), 0)


def _unmake(data: Path, made: list[Path]) -> None:
    """Folders that this start made are taken away again while they hold nothing but our lock."""
    if made and [path.name for path in data.iterdir()] == ["up.lock"]:
        (data / "up.lock").unlink()
        for folder in made:
            folder.rmdir()


def _why(error: OSError) -> str:
    return (error.strerror or "unknown").lower()
