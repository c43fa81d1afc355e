"""`civicline demo` as people start it: the whole system, on ports and data of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from peers.ports import eventually, free_tcp, free_udp
from peers.zones import noon_zone

START_S = 300.0
DEMO = Path(__file__).parents[2] / "agencies" / "demo"
SHORTENED = {
    "notice": "Recorded. 9: no.",
    "recording_refused": "No.",
    "language": "Language.",
    "please_wait": "Wait.",
    "hold_offer": "Two: we call you, and you keep your place.",
    "hold_kept": "Kept.",
    "hold_goodbye": "Bye.",
    "ringing_back": "{agency}. Press one.",
}
"""So that a callback fits into a short test."""


@pytest.fixture(scope="module")
def environ(tmp_path_factory) -> dict[str, str]:
    """One data folder for all: the first test finds it empty, and what it made spares the next ones a slow start."""
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
    return inherited | own


@pytest.fixture(autouse=True)
def nothing_left(environ) -> Iterator[None]:
    yield
    eventually(lambda: not _of(environ), 60, "the end of all processes")


@pytest.fixture(scope="module")
def quick(tmp_path_factory) -> Path:
    """The demonstration agency with few words, callers who are rung at a port of this test, and no midnight."""
    pack = Path(shutil.copytree(DEMO, tmp_path_factory.mktemp("pack") / "demo"))
    for name, old, new in (
        ("trunks.yaml", ":5070", f":{free_udp()}"),
        ("agency.yaml", "zone: America/Denver", f"zone: {noon_zone()}"),
    ):
        text = (pack / name).read_text()
        assert old in text
        (pack / name).write_text(text.replace(old, new))
    for path in (pack / "prompts").glob("*.yaml"):
        texts = yaml.safe_load(path.read_text())
        assert set(texts) >= set(SHORTENED)
        path.write_text(yaml.safe_dump(texts | SHORTENED, allow_unicode=True))
    return pack


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


def test_calls_are_made_answered_and_counted_alike(environ, quick):
    """What callers saw, what representatives saw, the journal's facts and the day's report: one story."""
    out, err = demo(environ, "--for", "30", "--json", "--agency", str(quick)).communicate(timeout=START_S + 60)
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
    parts = said["report"]["parts"]
    assert 1 <= journal["accepted"] <= callers["took_offer"] <= callers["heard_offer"] <= journal["offered"]
    assert journal["reconnected"] == callers["reconnected"] <= callers["rung"]
    names = {
        "hold_offered": "offered",
        "hold_accepted": "accepted",
        "reconnected": "reconnected",
        "still_open": "still_promised",
    }
    assert {part: parts[part] for part in names} == {part: journal[name] for part, name in names.items()}
    assert b"made the keyset" in err


def test_how_the_calls_go_is_told_and_nothing_outlives_a_kill(environ, quick):
    run = demo(environ, "--agency", str(quick))
    assert run.stdout is not None
    try:
        said = (line.decode() for line in run.stdout)
        assert any(
            re.search(r"^calls [1-9]\d*, answered \d+.*, asked to be called back \d+, reconnected \d+$", line)
            for line in said
        )
        assert len(_of(environ)) > 5
    finally:
        run.send_signal(signal.SIGKILL)
        run.communicate(timeout=60)
    eventually(lambda: not _of(environ), 60, "the end of all processes")


def test_a_taken_port_is_one_clear_line(environ, quick):
    host, port = environ["CIVICLINE_SIP"].split(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind((host, int(port)))
        run = demo(environ, "--for", "30", "--json", "--agency", str(quick))
        out, err = run.communicate(timeout=START_S)
    assert run.returncode == 2
    assert out == b""
    assert len(err.splitlines()) == 1
    assert b"CIVICLINE_SIP" in err


def test_a_taken_port_of_the_callers_is_one_clear_line(environ, quick):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", int((quick / "trunks.yaml").read_text().split("127.0.0.1:")[1].split('"')[0])))
        run = demo(environ, "--agency", str(quick))
        _, err = run.communicate(timeout=START_S)
    assert run.returncode == 2
    assert len(err.splitlines()) == 1
    assert b"trunks.yaml" in err


@pytest.mark.parametrize(("words", "says"), [(["--json"], b"--for"), (["--visitor", "nobody"], b"amara.okafor")])
def test_a_mistake_is_one_line(environ, words, says):
    run = demo(environ, *words)
    _, err = run.communicate(timeout=START_S)
    assert run.returncode == 2
    assert len(err.splitlines()) == 1
    assert says in err
