"""The server's life: made whole, started once, found again after every kind of death."""

import os
import signal
import stat
import subprocess
import sys
import time

import psycopg
import pytest

from civicline import settings as settings_module
from civicline.database import cluster, create, postmaster
from civicline.database.account import account
from civicline.database.errors import DatabaseError
from civicline.database.layout import SOCKET_PATH_MAX, layout
from civicline.database.urls import superuser_url, urls

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can start the server as another account")


def until(condition, what, timeout_s=30.0):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout_s:g} s: {what}"
        time.sleep(0.01)


@pytest.fixture
def server(own, folder, new_server):
    server = new_server(own, folder / "log")
    server.start()
    yield server
    if server.process.poll() is None:
        server.stop()


def answers(settings):
    with psycopg.connect(urls(settings).app) as conn:
        return conn.execute("SELECT 1").fetchone() == (1,)


def value(settings, key):
    with psycopg.connect(urls(settings).app) as conn:
        return conn.execute("SELECT current_setting(%s)", (key,)).fetchone()[0]


def test_prepare_makes_private_folders_and_can_be_repeated(own):
    cluster.prepare(own)
    place = layout(own)
    made = place.cluster.stat().st_ctime_ns
    words = place.passwords.read_text()
    cluster.prepare(own)
    assert place.cluster.stat().st_ctime_ns == made
    assert place.passwords.read_text() == words
    assert stat.S_IMODE(place.passwords.stat().st_mode) == 0o600
    for path in (place.data, place.home, place.cluster, place.socket_dir):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert "trust" not in (place.cluster / "pg_hba.conf").read_text()


def test_prepare_killed_at_any_moment_leaves_nothing_half_done(own):
    code = "from civicline import settings; from civicline.database import cluster; cluster.prepare(settings.load())"
    place = layout(own)
    for drafts_seen in range(3):
        child = subprocess.Popen(
            [sys.executable, "-c", code], env={**os.environ, "CIVICLINE_DATA": str(own.data)}, start_new_session=True
        )
        until(lambda: list(place.data.glob(f"{create.DRAFT}*/data/*")) or place.home.exists(), "initdb is under way")
        time.sleep(0.05 * drafts_seen)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        assert not place.home.exists() or (place.cluster / "PG_VERSION").exists()
    cluster.prepare(own)
    assert list(place.data.glob(f"{create.DRAFT}*")) == []


@pytest.mark.parametrize("part", ["home", "cluster"])
def test_a_folder_that_others_may_enter_is_refused(own, part):
    cluster.prepare(own)
    getattr(layout(own), part).chmod(0o750)
    with pytest.raises(DatabaseError, match="chmod 700"):
        cluster.prepare(own)


def test_passwords_that_others_may_read_are_refused(own):
    cluster.prepare(own)
    layout(own).passwords.chmod(0o640)
    with pytest.raises(DatabaseError, match="chmod 600"):
        urls(own)


def test_a_data_folder_that_everybody_may_write_to_is_refused(own):
    own.data.mkdir()
    own.data.chmod(0o777)
    with pytest.raises(DatabaseError, match="everybody may write"):
        cluster.prepare(own)


def test_a_folder_of_another_major_version_is_refused(own):
    cluster.prepare(own)
    (layout(own).cluster / "PG_VERSION").write_text("16\n")
    with pytest.raises(DatabaseError, match="made by PostgreSQL 16"):
        cluster.prepare(own)


def test_only_passwords_open_it(own, server):
    server.wait_ready()
    socket = layout(own).socket_dir
    for role in ("civicline_owner", "civicline_app", "civicline_auditor", "postgres"):
        for password in ("", "wrong"):
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(host=str(socket), user=role, password=password, dbname="civicline")
    with psycopg.connect(superuser_url(own)) as conn:
        hashes = conn.execute("SELECT rolpassword FROM pg_authid WHERE rolcanlogin").fetchall()
        lines = conn.execute("SELECT DISTINCT auth_method FROM pg_hba_file_rules").fetchall()
    assert all(hashed.startswith("SCRAM-SHA-256$") for (hashed,) in hashes)
    assert lines == [("scram-sha-256",)]


def test_settings_that_the_design_relies_on(own, server):
    server.wait_ready()
    assert {
        key: value(own, key) for key in ("fsync", "synchronous_commit", "full_page_writes", "listen_addresses")
    } == {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "listen_addresses": "",
    }


@AS_ROOT
def test_as_root_the_server_runs_as_another_account_below_closed_folders(own, server):
    server.wait_ready()
    who = account(layout(own).home)
    assert who.uid != 0
    assert os.stat(f"/proc/{server.postmaster()}").st_uid == who.uid
    assert not who.reaches(own.data)  # the test's folder is 0700 and root's


@AS_ROOT
def test_started_by_an_ordinary_account(folder):
    """The whole of it in a child without root's rights."""
    os.chown(folder, 65534, 65534)
    own = settings_module.load({"CIVICLINE_DATA": str(folder / "data")})
    pid = os.fork()
    if pid == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        os._exit(cluster.run(own))
    try:
        until(lambda: layout(own).home.exists(), "made")
        cluster.wait_ready(own)
        assert os.stat(f"/proc/{pid}").st_uid == 65534
        assert answers(own)
    finally:
        os.kill(pid, signal.SIGTERM)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_a_second_start_is_refused_in_one_line(own, server, folder, new_server):
    server.wait_ready()
    second = new_server(own, folder / "second")
    second.start()
    assert second.process.wait(30) == 2
    assert (folder / "second").read_text() == (
        f"the database in {own.data} is already running (process {server.process.pid}): stop that first\n"
    )
    assert answers(own)


def test_it_comes_up_after_kill_9_of_postgresql_with_busy_clients(own, server):
    server.wait_ready()
    busy = [psycopg.connect(urls(own).app, autocommit=True) for _ in range(3)]
    for conn in busy:
        conn.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 1000000000)")
    for _ in range(2):
        assert server.kill() == 137
        server.start()
        server.wait_ready()
        assert answers(own)


def test_postgresql_stops_when_its_starter_is_killed(own, server):
    server.wait_ready()
    place = layout(own)
    server.process.kill()
    server.process.wait()
    until(lambda: not postmaster.processes(place, account(place.home)), "PostgreSQL has left")
    server.start()
    server.wait_ready()
    assert answers(own)


def test_a_start_right_after_the_starter_was_killed(own, server):
    for _ in range(3):
        server.wait_ready()
        server.process.kill()
        server.process.wait()
        server.start()
        until(lambda: server.process.poll() is None and os.path.exists(layout(own).lock), "started")
    until(lambda: layout(own).lock.read_text() == str(server.process.pid), "it holds the lock")
    server.wait_ready()
    assert answers(own)


def test_a_stale_pid_file_whose_number_is_another_programs(own, server):
    server.wait_ready()
    pid_file = layout(own).cluster / "postmaster.pid"
    lines = pid_file.read_text().split("\n")
    server.kill()
    other = subprocess.Popen(["sleep", "60"])
    try:
        pid_file.write_text("\n".join([str(other.pid), *lines[1:]]))
        server.start()
        server.wait_ready()
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_sigterm_does_not_wait_for_clients(own, server):
    server.wait_ready()
    with psycopg.connect(urls(own).app):
        assert server.stop() == 0


def test_a_path_too_long_for_a_socket(folder, new_server):
    own = settings_module.load({"CIVICLINE_DATA": str(folder / ("long" * 30) / "data")})
    place = layout(own)
    assert len(str(place.home / "run" / ".s.PGSQL.5432")) > SOCKET_PATH_MAX
    server = new_server(own, folder / "log")
    server.start()
    try:
        server.wait_ready()
        assert answers(own)
        assert stat.S_IMODE(place.socket_dir.lstat().st_mode) == 0o700
        assert server.stop() == 0
        place.socket_dir.chmod(0o755)
        server.start()
        assert server.process.wait(30) == 2
        assert "not a private folder" in (folder / "log").read_text()
    finally:
        if server.process.poll() is None:
            server.stop()
        place.socket_dir.rmdir()
