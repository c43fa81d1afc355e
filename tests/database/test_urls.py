"""Connection strings, Django's settings, rights after a migration, and the programs' folder."""

import os
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest

from civicline import settings
from civicline.database import account as accounts
from civicline.database import binaries, cluster
from civicline.database.errors import DatabaseError
from civicline.database.migrate import migrate
from civicline.database.urls import django_database, urls

ELSEWHERE = "postgresql://app:s%2Fecret@db.example:6432/agency?sslmode=verify-full"


def test_a_database_elsewhere():
    loaded = settings.load({"CIVICLINE_DATABASE_URL": ELSEWHERE})
    assert urls(loaded, {}) == (ELSEWHERE, ELSEWHERE, ELSEWHERE)
    assert urls(loaded, {"CIVICLINE_DATABASE_OWNER_URL": "postgresql://owner@db.example/agency"}).owner.startswith(
        "postgresql://owner"
    )
    found = django_database(loaded)
    assert (found["HOST"], found["PORT"], found["NAME"]) == ("db.example", "6432", "agency")
    assert (found["USER"], found["PASSWORD"]) == ("app", "s/ecret")
    assert found["OPTIONS"] == {"sslmode": "verify-full"}


def test_there_is_nothing_to_run_for_a_database_elsewhere(capsys, folder):
    loaded = settings.load({"CIVICLINE_DATABASE_URL": ELSEWHERE, "CIVICLINE_DATA": str(folder / "data")})
    cluster.prepare(loaded)
    assert cluster.run(loaded) == 2
    assert "CIVICLINE_DATABASE_URL" in capsys.readouterr().err
    assert not (folder / "data").exists()


def test_djangos_settings_need_no_data_folder(own):
    found = django_database(own)
    assert found["USER"] == "civicline_app"
    assert not own.data.exists()
    with pytest.raises(DatabaseError, match="civicline up"):
        urls(own)


def test_rights_on_ordinary_tables(database):
    with psycopg.connect(database.urls.app) as conn:
        tables = conn.execute(
            "SELECT tablename, has_table_privilege(tablename, 'INSERT, UPDATE, DELETE'),"
            " has_table_privilege(tablename, 'TRUNCATE') FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
        owned = conn.execute("SELECT count(*) FROM pg_tables WHERE tableowner = current_user").fetchone()
    closed = {name for name, writes, _ in tables if not writes}
    assert {"journal_event", "journal_leader", "journal_open_prefix"} <= closed
    assert {"journal_timer", "journal_outbox", "journal_snapshot", "django_session"}.isdisjoint(closed)
    assert not any(truncates for _, _, truncates in tables)
    assert owned == (0,)


def test_migrate_can_be_repeated_and_leaves_djangos_connection_to_the_app_role(database, django_db_blocker):
    from django.db import connection

    with django_db_blocker.unblock():
        migrate(database.settings)
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            assert cursor.fetchone() == ("civicline_app",)
        connection.close()


def test_the_fixture_gives_a_database_that_pytest_django_can_clean(journal):
    assert journal.server.process.poll() is None
    with psycopg.connect(journal.urls.app) as conn:
        assert conn.execute("SELECT count(*) FROM journal_event").fetchone() == (0,)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts the server as another account")
def test_programs_that_the_account_cannot_reach_are_copied_once(folder, monkeypatch):
    """As in a checkout below a home folder that only root may enter."""
    wheel = binaries.installed()
    for name in (wheel.name, f"{wheel.name}.libs"):
        subprocess.run(["cp", "-a", wheel.parent / name, folder / name], check=True)
    monkeypatch.setattr(binaries, "installed", lambda: folder / wheel.name)
    who = accounts.account(folder / "none")
    with tempfile.TemporaryDirectory() as cache:
        Path(cache).chmod(0o755)
        found = binaries.programs(who, Path(cache))
        assert found.is_relative_to(cache)
        assert binaries.programs(who, Path(cache)) == found
        for name in ("postgres", "initdb", "pg_dump", "pg_restore"):
            said = subprocess.run([found / name, "--version"], capture_output=True, text=True, **who.popen, check=True)
            assert "18." in said.stdout
        found.parent.parent.parent.chmod(0o777)
        with pytest.raises(DatabaseError, match="changed by others"):
            binaries.programs(who, Path(cache))


@pytest.mark.django_db
@pytest.mark.parametrize("_time", [1, 2])
def test_a_django_test_is_rolled_back(_time):
    from django.contrib.sessions.models import Session
    from django.utils import timezone

    assert Session.objects.count() == 0
    Session.objects.create(session_key="a", session_data="", expire_date=timezone.now())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_time", [1, 2])
def test_a_django_test_with_transactions_is_cleaned_up(_time):
    test_a_django_test_is_rolled_back(_time)
