"""`civicline demo` as people start it: the whole system, on ports and data of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from peers.ports import eventually, free_tcp, free_udp

START_S = 120.0


@pytest.fixture
def environ(tmp_path_factory) -> Iterator[dict[str, str]]:
    folder = tmp_path_factory.mktemp("demo")
    first = free_udp(count=3)
    rtp = free_udp(count=400)
    own = {
        "CIVICLINE_DATA": str(folder / "data"),
        "CIVICLINE_HTTP": f"127.0.0.1:{free_tcp()}",
        "CIVICLINE_SIP": f"127.0.0.1:{first}",
        "CIVICLINE_NG": f"127.0.0.1:{first + 1}",
        "CIVICLINE_NG_EVENTS": f"127.0.0.1:{first + 2}",
        "CIVICLINE_RTP": f"{rtp}-{rtp + 399}",
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CIVICLINE_")}
    environ = inherited | own
    yield environ
    eventually(lambda: not _of(environ), 60, "the end of all processes")


def _of(environ: dict[str, str]) -> list[int]:
    """The processes that were started with this data folder."""
    wanted = f"CIVICLINE_DATA={environ['CIVICLINE_DATA']}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except (OSError, PermissionError):
            continue
    return found


def demo(environ: dict[str, str], *words: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "civicline.cli", "demo", *words]
    return subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_calls_are_made_answered_and_counted_alike(environ):
    """What callers saw, what representatives saw, the journal's facts and the day's report: one story."""
    out, err = demo(environ, "--for", "30", "--json").communicate(timeout=START_S + 60)
    said = json.loads(out)
    journal, callers, representatives = said["journal"], said["callers"], said["representatives"]
    assert journal["answered"] >= 1, err.decode()
    # The last may hang up between their INVITE and our 200.
    assert callers["connected"] <= journal["placed"] <= callers["calls"]
    assert journal["placed"] == said["report"]["parts"]["received"]
    assert callers["heard_sound"] == callers["connected"]
    assert callers["heard_representative"] == representatives["heard_caller"] == journal["answered"]
    assert said["report"]["parts"]["answered"] == journal["answered"]
    assert journal["unfinished"] == 0
    assert b"made the keyset" in err


def test_how_the_calls_go_is_told_and_nothing_outlives_a_kill(environ):
    run = demo(environ)
    assert run.stdout is not None
    try:
        said = (line.decode() for line in run.stdout)
        assert any(re.search(r"^calls \d+, answered [1-9]", line) for line in said)
        assert len(_of(environ)) > 5
    finally:
        run.send_signal(signal.SIGKILL)
        run.communicate(timeout=60)
    eventually(lambda: not _of(environ), 60, "the end of all processes")


def test_a_taken_port_is_one_clear_line(environ):
    host, port = environ["CIVICLINE_SIP"].split(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind((host, int(port)))
        run = demo(environ, "--for", "30", "--json")
        out, err = run.communicate(timeout=START_S)
    assert run.returncode == 2
    assert out == b""
    assert len(err.splitlines()) == 1
    assert b"CIVICLINE_SIP" in err


@pytest.mark.parametrize(("words", "says"), [(["--json"], b"--for"), (["--visitor", "nobody"], b"amara.okafor")])
def test_a_mistake_is_one_line(environ, words, says):
    run = demo(environ, *words)
    _, err = run.communicate(timeout=START_S)
    assert run.returncode == 2
    assert len(err.splitlines()) == 1
    assert says in err
