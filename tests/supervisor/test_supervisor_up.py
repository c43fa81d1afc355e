"""`civicline up` with everything there is: it comes up, mends itself, stops, and refuses without a trace."""

from __future__ import annotations

import os
import shutil
import signal
import socket
from pathlib import Path

import pytest

from civicline.database.account import account
from civicline.database.layout import Layout
from civicline.database.postmaster import processes
from peers.ports import eventually

DEMO = Path(__file__).parents[1] / "packs" / "small"
KILLED = ("engine", "worker", "media-1", "voice", "web", "live", "postgres")


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def postmasters(data: Path) -> dict[int, bool]:
    place = Layout(data)
    return processes(place, account(place.home))


def test_from_nothing_to_ready_through_deaths_to_nothing(site, start) -> None:
    up = start("--agency", str(DEMO))
    up.ready()
    assert up.answers()
    assert set(up.state()["children"]) == set(KILLED)
    assert site.data.stat().st_mode & 0o777 == 0o700
    assert Path(f"{site.data}-keyset.json").stat().st_mode & 0o777 == 0o600
    assert "keep a copy" in up.said()

    second = site.run("up")
    assert (second.returncode, second.stdout) == (2, "")
    assert second.stderr == (
        f"civicline: Civicline already runs on {site.data} (process {up.process.pid}):"
        " stop it, or set CIVICLINE_DATA to another folder\n"
    )
    assert up.process.poll() is None

    for name in KILLED:
        pid, _ = up.child(name)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        eventually(lambda name=name, pid=pid: up.child(name)[1] >= 2 and up.child(name)[0] not in (None, pid))
    eventually(up.answers, 60.0, "an answer after all had been killed")

    loaded = site.run("agency", "load", str(DEMO))
    assert loaded.returncode == 0, loaded.stderr
    assert "is in force" in loaded.stdout
    assert site.run("report", "day", "--json").stdout.startswith("{")

    pids = up.pids()
    assert up.stop(signal.SIGINT) == 0
    assert not any(alive(pid) for pid in pids)
    assert postmasters(site.data) == {}
    assert not (site.data / "run" / "up.json").exists()


def test_a_killed_supervisor_leaves_nothing_and_the_next_one_goes_on(site, start) -> None:
    up = start("--agency", str(DEMO))
    up.ready()
    pids = up.pids()
    up.process.kill()
    up.process.wait()
    eventually(lambda: not any(alive(pid) for pid in pids), what="the end of all children")
    eventually(lambda: postmasters(site.data) == {}, 60.0, "the end of PostgreSQL")
    again = start("--agency", str(DEMO))
    again.ready()
    assert "the pack holds already" in again.said()


def refused(site, *words: str, **environ: str) -> str:
    """Try to start; nothing may be left, and there is one line. Gives the line."""
    before = site.left()
    done = site.run("up", *words, **environ)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert site.left() == before
    (line,) = done.stderr.splitlines()
    assert line.startswith("civicline: ")
    return line


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("CIVICLINE_HTTP", socket.SOCK_STREAM),
        ("CIVICLINE_SIP", socket.SOCK_DGRAM),
        ("CIVICLINE_NG", socket.SOCK_DGRAM),
        ("CIVICLINE_NG_EVENTS", socket.SOCK_DGRAM),
    ],
)
def test_a_busy_port_is_named_with_its_setting(site, name: str, kind: socket.SocketKind) -> None:
    host, port = site.environ[name].split(":")
    with socket.socket(type=kind) as other:
        other.bind((host, int(port)))
        if kind == socket.SOCK_STREAM:
            other.listen()
        line = refused(site)
    assert f"{host}:{port} is in use by another program (setting {name})" in line


def test_two_settings_with_one_address(site) -> None:
    assert "another setting has too" in refused(site, CIVICLINE_NG=site.environ["CIVICLINE_SIP"])


def test_an_address_of_another_machine(site) -> None:
    assert "not an address of this machine" in refused(site, CIVICLINE_SIP="192.0.2.1:5060")


def test_a_setting_that_is_no_address(site) -> None:
    assert "write it as HOST:PORT" in refused(site, CIVICLINE_SIP="5060")


def test_a_data_folder_that_cannot_be_made(site) -> None:
    (site.folder / "file").touch()
    assert "cannot be made: not a directory; set CIVICLINE_DATA" in refused(
        site, CIVICLINE_DATA=str(site.folder / "file" / "data")
    )
    assert "is not a folder" in refused(site, CIVICLINE_DATA=str(site.folder / "file"))


def test_a_database_that_does_not_answer(site) -> None:
    line = refused(site, CIVICLINE_DATABASE_URL="postgresql://ann:secret@127.0.0.1:1/none")
    assert "CIVICLINE_DATABASE_URL does not answer" in line
    assert "secret" not in line


def test_a_named_keyset_is_never_made(site) -> None:
    line = refused(site, CIVICLINE_KEYSET=str(site.folder / "keyset.json"))
    assert "civicline keyset create" in line


def test_a_pack_with_mistakes(site) -> None:
    folder = Path(shutil.copytree(DEMO, site.folder / "pack"))
    path = folder / "retention.yaml"
    path.write_text(path.read_text().replace("90", "never"))
    before = site.left()
    done = site.run("up", "--agency", str(folder))
    assert done.returncode == 2
    assert "retention.yaml:2: sealed_days: 'never' does not do" in done.stderr
    assert "Traceback" not in done.stderr
    assert [name for name in site.left() if "keyset" not in name] == before
