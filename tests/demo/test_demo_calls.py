"""The made-up people against each other and against a registrar: real SIP and RTP between processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from civicline.demo import account, log
from peers.ports import eventually, readable

HERE = Path(__file__).parent
WITHIN_S = 30.0


class Process:
    """A child that says JSON lines."""

    def __init__(self, *words: str) -> None:
        self.process = subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE)
        self._rest = b""

    def said(self, within_s: float = WITHIN_S):
        """The next line; None when none came in time."""
        deadline = time.monotonic() + within_s
        while b"\n" not in self._rest:
            if not readable([self.process.stdout], max(0.0, deadline - time.monotonic())):
                return None
            found = os.read(self.process.stdout.fileno(), 65536)
            assert found, "the process ended"
            self._rest += found
        line, _, self._rest = self._rest.partition(b"\n")
        return json.loads(line)


@contextmanager
def running(*words: str) -> Iterator[Process]:
    one = Process(*words)
    try:
        yield one
    finally:
        one.process.kill()
        one.process.wait()
        one.process.stdout.close()


@pytest.fixture
def registrar() -> Iterator[tuple[Process, str]]:
    with running(str(HERE / "registrar_process.py"), "amara", "right") as one:
        yield one, str(one.said()[1])


def phones(port: str, folder: Path, users: dict[str, str]):
    return running(str(HERE / "phones_process.py"), port, str(folder / "phones.jsonl"), json.dumps(users))


def test_a_phone_registers_and_leaves(registrar, tmp_path):
    process, port = registrar
    with phones(port, tmp_path, {"amara": "right"}) as phone:
        at = phone.said()
        assert phone.said() == ["amara", True]
        assert process.said() == ["amara", f"sip:amara@{at[0]}:{at[1]}", 120]
        phone.process.terminate()
        assert process.said() == ["amara", f"sip:amara@{at[0]}:{at[1]}", 0]
        assert phone.process.wait(WITHIN_S) == 0


def test_a_wrong_password_registers_nobody(registrar, tmp_path):
    process, port = registrar
    with phones(port, tmp_path, {"amara": "wrong"}) as phone:
        phone.said()
        assert phone.said() == ["amara", False]
    assert process.said(within_s=0.5) is None


def test_callers_and_representatives_hear_each_other(tmp_path):
    """Directly, without a contact centre between them: the telephones answer the number that is dialled."""
    with phones("9", tmp_path, {}) as phone:
        port = phone.said()[1]
        words = [
            "--server",
            f"127.0.0.1:{port}",
            "--routes",
            '[{"dial": "100", "keys": "1", "weight": 1}]',
            "--per-minute",
            "60",
        ]
        with running("-m", "civicline.demo.callers", *words, "--folder", str(tmp_path)) as callers:
            eventually(lambda: _talked(tmp_path), WITHIN_S, "a talk that both heard")
            callers.process.terminate()
            assert callers.process.wait(WITHIN_S) == 0
        ended = log.read(tmp_path / "callers.jsonl")
        assert json.loads((tmp_path / "callers.json").read_text())["left"]
    assert all(call["how"] in ("they hung up", "refused 486", "the demonstration ended") for call in ended)


def test_who_is_offered_to_be_called_back_takes_it_and_is_there(tmp_path):
    """A rush of eight to a number without a menu, two of whom take it for certain."""
    offer = "We can call you back. To keep your place, press 2."
    with running(str(HERE / "office_process.py"), str(tmp_path), offer) as office:
        server = "{}:{}".format(*office.said())
        words = {
            "--server": server,
            "--routes": '[{"dial": "110", "keys": "", "weight": 1}]',
            "--per-minute": "1",
            "--folder": str(tmp_path),
            "--data": str(tmp_path),
            "--offer": json.dumps({"en": offer}),
        }
        with running("-m", "civicline.demo.callers", *(word for pair in words.items() for word in pair)) as callers:
            eventually(
                lambda: account.of_callers(tmp_path)["reconnected"], 2 * WITHIN_S, "a talk of somebody called back"
            )
            callers.process.terminate()
            assert callers.process.wait(WITHIN_S) == 0
    said = account.of_callers(tmp_path)
    assert 1 <= said["took_offer"] <= said["heard_offer"] <= said["calls"]
    assert said["left_in"]["kept"] == said["took_offer"]
    assert 1 <= said["reconnected"] <= said["rung"]


def _talked(folder: Path) -> bool:
    said = log.read(folder / "callers.jsonl")
    heard = log.read(folder / "phones.jsonl")
    return any(call["heard_representative"] > 25 for call in said) and any(call["heard_caller"] > 25 for call in heard)
