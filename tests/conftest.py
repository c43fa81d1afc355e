"""A real PostgreSQL of our own for all tests, in a temporary folder, under the rights that production has.

* `database`: started and migrated on first use; has `.settings`, `.urls` and `.environ` (for child processes).
* `journal`: the same, with all tables emptied before the test.
* pytest-django's marks work against this very database as the app role: `django_db` rolls each test back,
  `django_db(transaction=True)` empties all tables afterwards. No second "test_" database is made.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import psycopg
import pytest
from django.db import connections
from django.test import TransactionTestCase
from psycopg import sql
from pytest_django import DjangoDbBlocker

_DATA = Path(tempfile.mkdtemp(prefix="civicline-test-"))
_ENVIRON = {
    "CIVICLINE_DATA": str(_DATA / "data"),
    "CIVICLINE_KEYSET": str(_DATA / "keyset.json"),
}
for _name in [name for name in os.environ if re.match("CIVICLINE_(?!CHAOS_)", name)]:
    del os.environ[_name]
os.environ.update(_ENVIRON)

from civicline.database import cluster, passwords  # noqa: E402
from civicline.database.errors import DatabaseError  # noqa: E402
from civicline.database.layout import layout  # noqa: E402
from civicline.database.migrate import migrate  # noqa: E402
from civicline.database.urls import Urls, django_database, urls  # noqa: E402
from civicline.settings import Settings, load  # noqa: E402

SERVER = """
import ctypes, sys
ctypes.CDLL(None).prctl(1, 15)  # stop when the tests are killed
from civicline import settings
from civicline.database import cluster
sys.exit(cluster.run(settings.load()))
"""
hypothesis.settings.register_profile("no clock", deadline=None)  # a busy machine is no fault of the code
hypothesis.settings.load_profile("no clock")
KEPT_TABLES = (
    "django_migrations",
    "django_content_type",
    "auth_permission",
    "journal_open_prefix",
    "journal_channel",
    "journal_leader",
)


class Server:
    """What `civicline run postgres` runs, in a process of its own."""

    def __init__(self, settings: Settings, log: Path) -> None:
        self.settings = settings
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environ = {**os.environ, "CIVICLINE_DATA": str(self.settings.data)}
        with self.log.open("a") as log:
            self.process = subprocess.Popen([sys.executable, "-c", SERVER], stderr=log, env=environ)

    def wait_ready(self) -> None:
        try:
            cluster.wait_ready(self.settings)
        except DatabaseError as error:
            raise DatabaseError(f"{error}\n{self.log.read_text()}") from error

    def postmaster(self) -> int:
        return int((layout(self.settings).cluster / "postmaster.pid").read_text().split()[0])

    def kill(self) -> int:
        """kill -9 of PostgreSQL's first process; gives the exit code that a supervisor sees.

        Django's connection in this process dies with it, and would be handed to the next test as if it lived.
        """
        os.kill(self.postmaster(), signal.SIGKILL)
        connections.close_all()
        return self.process.wait(30)

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(30)


@dataclass
class Database:
    settings: Settings
    urls: Urls
    environ: dict[str, str]
    """The environment of a child process that is to use this database."""
    server: Server

    def clean(self) -> None:
        """Empty all tables, as the owner; epochs go on rising."""
        with psycopg.connect(self.urls.owner) as conn:
            conn.execute("SET lock_timeout = '20s'")
            tables = [
                sql.Identifier(name)
                for (name,) in conn.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
                if name not in KEPT_TABLES
            ]
            conn.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(sql.SQL(", ").join(tables)))


def pytest_configure() -> None:
    """Django's settings may have been read before this file was: point them to the tests' database."""
    from django.conf import settings

    (_DATA / "data").mkdir(mode=0o700, exist_ok=True)
    passwords.ensure(layout(load()).passwords)
    settings.DATABASES["default"].update(django_database(load()))


HEAVY = ("chaos", "demo", "e2e", "hostile", "outside")
"""Folders whose files each start a whole system: spread evenly over the run, so that few of them run at once."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    here = Path(__file__).parent
    heavy = [path for path in files if path.relative_to(here).parts[0] in HEAVY]
    light = [path for path in files if path not in heavy]
    place = {path: (number + 0.5) / len(group) for group in (heavy, light) for number, path in enumerate(group)}
    items[:] = [item for path in sorted(files, key=lambda path: (place[path], path)) for item in files[path]]


def pytest_unconfigure() -> None:
    shutil.rmtree(_DATA, ignore_errors=True)


@pytest.fixture(scope="session")
def new_server() -> type[Server]:
    """For tests that need a database of their own, to kill or to break: `new_server(settings, log_file)`."""
    return Server


@pytest.fixture(scope="session")
def database(django_db_blocker: DjangoDbBlocker) -> Iterator[Database]:
    settings = load()
    server = Server(settings, _DATA / "postgres.log")
    server.start()
    try:
        server.wait_ready()
        with django_db_blocker.unblock():
            migrate(settings)
        yield Database(settings, urls(settings), dict(os.environ), server)
    finally:
        server.stop()


@pytest.fixture
def journal(database: Database) -> Database:
    database.clean()
    return database


@pytest.fixture(scope="session")
def django_db_setup(database: Database) -> Iterator[None]:
    """In place of pytest-django's: the app role may not make databases, nor truncate tables."""
    before = TransactionTestCase._fixture_teardown
    TransactionTestCase._fixture_teardown = lambda self: database.clean()
    yield
    TransactionTestCase._fixture_teardown = before
