"""Floods at ten times the benchmark's rate: a talk goes on without a lost packet, and calls are taken again at once.

How late the packets were is measured by benchmarks/hostile_traffic.py, on a machine that does nothing else.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from civicline.voice.media.client import NgClient, query
from e2e.callers import Caller, Town
from e2e.centre import Centre
from e2e.witness import AGENT_HZ, tone_file
from hostile.beside import CARRIER, OTHER_STRANGER, STRANGER, log_lines, udp
from hostile.fuzzer import SDP, Fuzzer
from peers.ports import eventually

A_S = 150
"""Ten times the calls a second of the benchmark."""
RTP_A_S = 500
"""Ten times the packets of a phone."""
SECONDS = float(os.environ.get("CIVICLINE_CHAOS_FLOOD_S", "3"))
AGENT = "ann"
SERVED, UNKNOWN = "100", "999"


@pytest.fixture
def talk(centre: Centre, tmp_path: Path) -> Iterator[Caller]:
    """A caller and a representative who hear each other; at the end neither has missed anything."""
    town = Town(centre)
    tone = tone_file(tmp_path / "tone.wav", AGENT_HZ, 60 + round(SECONDS))
    with town.working(AGENT, plays=tone, auto_answer=True), town.call() as caller:
        caller.go_to("refund")
        caller.until("talking")
        eventually(lambda: caller.ear.hears(AGENT_HZ), what="the representative's tone")
        yield caller
        eventually(lambda: caller.ear.hears(AGENT_HZ), what="the representative's tone after the attack")
        assert caller.ear.lost() == 0
        caller.leave()
    eventually(lambda: not centre.state().legs, 60, "the end of all legs")
    centre.assert_nothing_left()


@contextmanager
def flood(*senders: Callable[[int], None], a_s: float = A_S) -> Iterator[None]:
    """Each sender is called `a_s` times a second, with its turn's number."""
    threads = [threading.Thread(target=_send, args=(sender, a_s)) for sender in senders]
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join()


def _send(sender: Callable[[int], None], a_s: float) -> None:
    began = time.monotonic()
    for turn in range(round(SECONDS * a_s)):
        sender(turn)
        time.sleep(max(0.0, began + turn / a_s - time.monotonic()))


def sip(centre: Centre, method: str, host: str, number: str = SERVED) -> Callable[[int], None]:
    fuzzer = Fuzzer(centre.sip, host, 1)
    body = SDP.format(host=host) if method == "INVITE" else ""
    name = f"{host}{method}{time.monotonic_ns()}"
    return lambda turn: fuzzer.send(fuzzer.request(method, f"{name}{turn}", number=number, body=body))


@pytest.mark.parametrize("host", [STRANGER, CARRIER])
def test_a_talk_goes_on_in_a_flood_of_sip(centre: Centre, talk: Caller, host: str) -> None:
    """`make chaos` rings a number that is served: calls that never send their ACK. They end after 32 s, so here it is
    one that is not."""
    before = len(log_lines(centre))
    number = SERVED if "CIVICLINE_CHAOS_FLOOD_S" in os.environ else UNKNOWN
    with flood(*(sip(centre, method, host, number) for method in ("INVITE", "REGISTER", "OPTIONS"))):
        pass
    assert len(log_lines(centre)) - before < 30


def test_a_talk_goes_on_in_a_flood_of_rtp(centre: Centre, talk: Caller) -> None:
    """From a wrong source; with the right source and another SSRC; and with all right, but ten times too much."""
    to = talk.ear.to
    assert to is not None
    strangers = udp(STRANGER), udp(OTHER_STRANGER)
    frame = bytes([0x80, 0]) + bytes(10) + bytes([0xFF] * 160)
    with flood(
        lambda turn: strangers[0].sendto(frame, to),
        lambda turn: strangers[1].sendto(frame, (to[0], to[1] + 1)),
        lambda turn: talk.ear.send_raw(frame),
        a_s=RTP_A_S,
    ):
        eventually(lambda: rejected(centre, talk) > 0, what="packets of another SSRC that were dropped")


def rejected(centre: Centre, caller: Caller) -> int:
    with NgClient(centre.settings.ng[0]) as ng:
        tags = ng.command(query(caller.id))["tags"]
    return int(tags[f"{caller.id}-c"]["rejected"])  # type: ignore[index,call-overload]


def test_new_calls_are_taken_as_soon_as_a_flood_ends(centre: Centre) -> None:
    with flood(sip(centre, "INVITE", STRANGER), sip(centre, "REGISTER", STRANGER)):
        pass
    town = Town(centre)
    with town.call() as caller:
        caller.hear("notice")
        caller.leave()
    assert town.refused == 0
    centre.assert_nothing_left()
