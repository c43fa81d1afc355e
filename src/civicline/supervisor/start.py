"""`civicline up`: everything on one machine, from nothing to ready, until it is told to stop."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from civicline.settings import Address, Settings
from civicline.supervisor import checks, programs
from civicline.supervisor.keeper import Keeper, Refused, Stopped, say
from civicline.supervisor.programs import Program, civicline

READY_S = 60.0
SPOKEN_S = 180.0
"""The first start makes the agency's prompts before a call is taken."""
ASK_AGAIN_S = 0.2
Hook = Callable[[Keeper], None]


def up(settings: Settings, agency: Path | None = None, after: Hook | None = None) -> int:
    """Returns the exit code: 0 after SIGTERM or SIGINT, 2 when the start was refused.

    `after` is called when all is ready; it may start more programs.
    """
    try:
        with checks.data_folder(settings):
            _look(settings, agency)
            _make_folders(settings)
            _serve(settings, agency, after)
    except Stopped:
        pass
    except Refused as refused:
        say(str(refused))
        return refused.code
    say("stopped")
    return 0


def _look(settings: Settings, agency: Path | None) -> None:
    checks.ports(settings)
    checks.database(settings)
    checks.keyset(settings, given=bool(os.environ.get("CIVICLINE_KEYSET")))
    if agency is not None:
        _check_pack(agency)


def _check_pack(agency: Path) -> None:
    from civicline.agency import pack
    from civicline.agency.mistakes import PackError

    try:
        pack.read(agency, datetime.now(UTC).date())
    except PackError as error:
        for mistake in error.mistakes:
            say(str(mistake))
        raise Refused(str(error)) from error


def _make_folders(settings: Settings) -> None:
    for folder in (settings.run_dir, log_dir(settings)):
        folder.mkdir(mode=0o700, exist_ok=True)


def log_dir(settings: Settings) -> Path:
    return settings.data / "log"


def _serve(settings: Settings, agency: Path | None, after: Hook | None) -> None:
    with Keeper(settings.run_dir, log_dir(settings)) as keeper:
        _start_database(keeper, settings)
        _must(keeper, Program("migrate", civicline("migrate")), "the database's tables could not be brought up to date")
        first, *others = programs.processes(settings)
        keeper.start(first)
        if agency is not None:
            load = Program("load", civicline("agency", "load", "--if-changed", str(agency)))
            _must(keeper, load, "the agency pack was not loaded")
        start_all(keeper, others)
        keeper.wait_for(lambda: _listens(settings.http), f"{settings.http}", READY_S)
        keeper.wait_for(lambda: _rings(settings.sip), f"the telephone's side at {settings.sip}", SPOKEN_S)
        keeper.ready = True
        keeper.publish()
        say(f"ready: http://{settings.http}/ and sip:{settings.sip}")
        if after is not None:
            after(keeper)
        keeper.run()


def start_all(keeper: Keeper, wanted: Sequence[Program]) -> None:
    for program in wanted:
        keeper.start(program)


def _start_database(keeper: Keeper, settings: Settings) -> None:
    if settings.database_url is None:
        say("starting the database")
        keeper.start(programs.postgres())
        keeper.wait_for(lambda: _answers(settings), "the database", READY_S)


def _answers(settings: Settings) -> bool:
    import psycopg

    from civicline.database.errors import DatabaseError
    from civicline.database.urls import urls

    try:
        psycopg.connect(urls(settings).app, connect_timeout=2).close()
    except (psycopg.OperationalError, DatabaseError):
        return False
    return True


def _must(keeper: Keeper, program: Program, otherwise: str) -> None:
    if keeper.once(program) != 0:
        raise Refused(f"{otherwise}: see the lines above")


def _listens(address: Address) -> bool:
    try:
        socket.create_connection((address.host, address.port), timeout=1).close()
    except OSError:
        return False
    return True


def _rings(address: Address) -> bool:
    """Whether the SIP side answers OPTIONS (RFC 3261, section 11)."""
    with socket.socket(socket.getaddrinfo(address.host, address.port)[0][0], socket.SOCK_DGRAM) as probe:
        probe.settimeout(ASK_AGAIN_S)
        probe.connect((address.host, address.port))
        own = "{}:{}".format(*probe.getsockname()[:2])
        name = secrets.token_hex(8)
        asked = (
            f"OPTIONS sip:{address} SIP/2.0\r\nVia: SIP/2.0/UDP {own};branch=z9hG4bK{name}\r\n"
            f"From: <sip:supervisor@{own}>;tag={name}\r\nTo: <sip:{address}>\r\nCall-ID: {name}\r\n"
            "CSeq: 1 OPTIONS\r\nMax-Forwards: 1\r\nContent-Length: 0\r\n\r\n"
        )
        try:
            probe.send(asked.encode())
            return probe.recv(4096).startswith(b"SIP/2.0 ")
        except OSError:
            return False
