"""Making the database: in a temporary folder that is renamed when it is whole."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from civicline.database import config, passwords
from civicline.database.account import Account, account, environment
from civicline.database.binaries import programs
from civicline.database.errors import DatabaseError
from civicline.database.layout import Layout
from civicline.database.passwords import Passwords
from civicline.database.urls import APP, AUDITOR, DATABASE, OWNER, SUPERUSER

DRAFT = ".postgres-"


def create(place: Layout) -> None:
    """Make the database unless it is there; a start that was cut short before leaves nothing behind."""
    place.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    if place.data.stat().st_mode & 0o002:
        raise DatabaseError(f"everybody may write to {place.data}: chmod 700 {place.data}")
    with _locked(place.data / "create.lock"):
        if not place.home.exists():
            _build(place)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _build(place: Layout) -> None:
    for left in place.data.glob(f"{DRAFT}*"):
        shutil.rmtree(left)
    who = account(place.home)
    words = passwords.ensure(place.passwords)
    draft = Path(tempfile.mkdtemp(dir=place.data, prefix=DRAFT))
    try:
        for folder in (draft / "data", draft / "run", draft):
            folder.mkdir(mode=0o700, exist_ok=True)
            who.give(folder)
        _initdb(draft, who, words)
        _make_roles(draft / "data", who, words)
        draft.rename(place.home)
        _sync(place.data)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def server_path(cluster: Path, who: Account) -> str:
    """How the server names its folder: it may be unable to pass the folders above it (decision 0001)."""
    return "/proc/self/cwd" if who.drops else str(cluster)


def _initdb(draft: Path, who: Account, words: Passwords) -> None:
    cluster, secret = draft / "data", draft / "superuser"
    fd = os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w", encoding="ascii") as file:
        file.write(words.superuser)
    who.give(secret)
    path = server_path(cluster, who)
    tuned = [part for name, value in config.AT_INITDB.items() for part in ("--set", f"{name}={value}")]
    _run(
        cluster, who, "initdb", "-D", path, "--username", SUPERUSER, "--pwfile", f"{path}/../superuser",
        "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8", "--no-instructions", *tuned,
    )  # fmt: skip
    secret.unlink()
    (cluster / "pg_hba.conf").write_text(config.HBA)


def _make_roles(cluster: Path, who: Account, words: Passwords) -> None:
    roles = "".join(
        f"CREATE ROLE {name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '{password}';\n\n"
        for name, password in ((OWNER, words.owner), (APP, words.app), (AUDITOR, words.auditor))
    )
    _single(
        cluster, who, "postgres",
        f"{roles}CREATE DATABASE {DATABASE} OWNER {OWNER};\n\n"
        f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC;\n\n"
        f"GRANT CONNECT ON DATABASE {DATABASE} TO {APP}, {AUDITOR};\n\n",
    )  # fmt: skip
    _single(cluster, who, DATABASE, "CREATE EXTENSION vector;\n\n")


def _single(cluster: Path, who: Account, database: str, sql: str) -> None:
    """Single-user mode: no server runs, so nobody else can connect meanwhile; it reports errors in its output only."""
    path = server_path(cluster, who)
    output = _run(
        cluster, who, "postgres", "--single", "-j", "-D", path,
        "-c", "log_min_error_statement=panic", "-c", "log_min_messages=error", database, given=sql,
    )  # fmt: skip
    if "ERROR:" in output or "FATAL:" in output:
        raise DatabaseError(f"PostgreSQL could not make the roles: {output.strip().splitlines()[-1]}")


def _run(cluster: Path, who: Account, program: str, *args: str, given: str = "") -> str:
    done = subprocess.run(
        [programs(who) / program, *args], cwd=cluster, env=environment(), input=given, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **who.popen,
    )  # fmt: skip
    if done.returncode != 0:
        lines = done.stdout.strip().splitlines() or ["no output"]
        raise DatabaseError(f"{program} failed in {cluster.parent.parent}: {lines[-1].strip()}")
    return str(done.stdout)


def _sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
