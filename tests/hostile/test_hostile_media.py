"""Wrong packets at the media process of a call: RTP, RTCP and NG of strangers and of liars."""

from __future__ import annotations

import json
import os
import random
import secrets
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from civicline.voice.media import bencode, client
from civicline.voice.media.client import NgClient, NgError
from e2e.callers import Caller, Town
from e2e.centre import Centre
from hostile.beside import CARRIER, STRANGER, held, log_lines, udp, undisturbed
from peers.ports import eventually

SECONDS = float(os.environ.get("CIVICLINE_CHAOS_FUZZ_S", "8")) / 4
SEED = int(os.environ.get("CIVICLINE_CHAOS_SEED", "1"))
PATIENCE_S = 2.0
"""So long does the menu wait for a key."""
FRAME = bytes([0xFF] * 160)
KEY_1, KEY_2 = 1, 2


@pytest.fixture
def caller(centre: Centre) -> Iterator[Caller]:
    """A caller who has heard the notice and is asked for a language."""
    with Town(centre).call() as found:
        found.skip_notice()
        yield found
        found.leave()
        centre.assert_nothing_left()


def media(caller: Caller) -> tuple[str, int]:
    assert caller.ear.to is not None
    return caller.ear.to


def rtp(sequence: int, ssrc: int, kind: int = 0, payload: bytes = FRAME) -> bytes:
    return struct.pack("!BBHII", 0x80, kind, sequence & 0xFFFF, sequence * 160 & 0xFFFFFFFF, ssrc) + payload


def key(digit: int, ssrc: int) -> list[bytes]:
    """A press by RFC 4733, its end three times."""
    events = [struct.pack("!BBH", digit, 0x80 if end else 10, 800) for end in (0, 1, 1, 1)]
    return [rtp(900 + n, ssrc, 101, event)[:4] + rtp(900, ssrc, 101, event)[4:] for n, event in enumerate(events)]


def test_keys_of_a_wrong_source_are_not_heard(centre: Centre, caller: Caller) -> None:
    with udp(STRANGER) as stranger:
        for packet in key(KEY_2, 77):
            stranger.sendto(packet, media(caller))
    caller.press("1")
    caller.hear("menu.main", "en")


@contextmanager
def sprayed(centre: Centre) -> Iterator[socket.socket]:
    """A stranger who sends sound, and the key 1, to each port as soon as a call has got it."""
    over = threading.Event()
    with udp(STRANGER) as stranger, NgClient(centre.settings.ng[0]) as ng:

        def spray() -> None:
            while not over.is_set():
                for port in ports_open(ng):
                    for packet in [rtp(number, 77) for number in range(60)] + key(KEY_1, 77):
                        stranger.sendto(packet, (centre.settings.rtp_host, port))
                time.sleep(0.002)

        thread = threading.Thread(target=spray)
        thread.start()
        try:
            yield stranger
        finally:
            over.set()
            thread.join()


def ports_open(ng: NgClient) -> list[int]:
    found = []
    for call in ng.command(client.calls())["calls"]:  # type: ignore[union-attr]
        with suppress(NgError):  # over meanwhile
            tags = ng.command(client.query(str(call)))["tags"]
            found += [tag["port"] for tag in tags.values()]  # type: ignore[union-attr]
    return [port for port in found if port]


def test_a_stranger_who_speaks_before_the_phone_is_neither_heard_nor_sent_to(centre: Centre) -> None:
    with sprayed(centre) as stranger, Town(centre).call() as caller:
        caller.skip_notice()
        caller.hear("language")
        caller.press("2")
        caller.hear("menu.main", "es")
        caller.leave()
        stranger.setblocking(False)
        with pytest.raises(BlockingIOError):
            stranger.recv(2048)
    centre.assert_nothing_left()


def request(method: str, number: int, names: str, body: str = "") -> bytes:
    """Of a caller's dialog, whose From, To and Call-ID are `names`."""
    lines = (
        f"{method} sip:100@127.0.0.1 SIP/2.0",
        f"Via: SIP/2.0/UDP 127.0.0.1:9;rport;branch=z9hG4bK{method}{secrets.token_hex(8)}",
        names,
        f"CSeq: {number} {method}\r\nContact: <sip:1@127.0.0.1:9>\r\nMax-Forwards: 70",
        f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n\r\n{body}",
    )
    return "\r\n".join(lines).encode()


def received(phone: socket.socket, start: str) -> str:
    while True:
        text = phone.recv(65535).decode()
        if text.startswith(start):
            return text


def test_nothing_is_sent_where_an_invite_says_before_its_ack(centre: Centre) -> None:
    """The carrier's INVITE, or one in its name, names an address of somebody else, who sends nothing."""
    with udp(CARRIER) as carrier, udp(STRANGER) as victim:
        sdp = f"v=0\r\nc=IN IP4 {STRANGER}\r\nm=audio {victim.getsockname()[1]} RTP/AVP 0\r\n"
        ends = f"From: <sip:1@127.0.0.1>;tag=t\r\nCall-ID: {secrets.token_hex(8)}\r\nTo: <sip:100@127.0.0.1>"
        carrier.sendto(request("INVITE", 1, ends, sdp), centre.sip)
        for _ in range(3):  # the second and third: no ACK came
            answer = received(carrier, "SIP/2.0 200")
        victim.setblocking(False)
        with pytest.raises(BlockingIOError):
            victim.recv(2048)
        tag = answer.partition("\nTo:")[2].partition("\n")[0].partition(";tag=")[2].strip()
        victim.settimeout(0.5)
        came: list[bytes] = []

        def acknowledged() -> bool:
            """An ACK for each 200 that comes, as a caller must (RFC 3261 section 13.2.2.4): one may be lost."""
            carrier.sendto(request("ACK", 1, f"{ends};tag={tag}"), centre.sip)
            with suppress(TimeoutError):
                came.append(victim.recv(2048))
            return bool(came)

        eventually(acknowledged, what="sound after the ACK")
        first = came[0]
        assert first[0] == 0x80 and first[1] & 0x80, "the beginning of the notice"
        carrier.sendto(request("BYE", 2, f"{ends};tag={tag}"), centre.sip)
        received(carrier, "SIP/2.0 200")
    centre.assert_nothing_left()


def test_keys_of_another_ssrc_are_not_heard_while_the_caller_is(centre: Centre, caller: Caller) -> None:
    for packet in key(KEY_2, 0xBAD):
        caller.ear.send_raw(packet)
    caller.press("1")
    caller.hear("menu.main", "en")


def test_events_of_a_stranger_at_the_voice_process_are_not_heard(centre: Centre, caller: Caller) -> None:
    events = centre.settings.ng_events
    press = {"type": "DTMF", "callid": caller.id, "source_tag": f"{caller.id}-c", "event": KEY_2, "duration": 100}
    with udp(STRANGER) as stranger:
        stranger.sendto(json.dumps(press).encode(), (events.host, events.port))
    caller.press("1")
    caller.hear("menu.main", "en")


def test_malformed_commands_do_no_harm(centre: Centre) -> None:
    """And even from here rubbish does no harm. (tests/media has the sender from elsewhere.)"""
    dice = random.Random(SEED)
    good = bencode.encode({"command": "offer", "call-id": "x", "from-tag": "y", "sdp": "m=audio 4000 RTP/AVP 0\r\n"})
    to = (centre.settings.ng[0].host, centre.settings.ng[0].port)
    before = len(log_lines(centre, "media-1"))
    with undisturbed(centre, calls=4), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ng:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            for _ in range(20):
                changed = bytearray(good)
                for _ in range(dice.randint(1, 6)):
                    changed[dice.randrange(len(changed))] = dice.randrange(256)
                ng.sendto(b"c%d " % dice.getrandbits(30) + changed[: dice.randint(1, len(changed))], to)
            time.sleep(0.02)
        ng.sendto(b"last " + bencode.encode({"command": "delete", "call-id": "x"}), to)
    assert len(log_lines(centre, "media-1")) - before < 20


def test_malformed_rtp_and_rtcp_do_no_harm(centre: Centre, caller: Caller) -> None:
    dice = random.Random(SEED)
    was = held(centre, "media-1")
    host, port = media(caller)
    with udp(STRANGER) as stranger:
        end = time.monotonic() + min(SECONDS, PATIENCE_S)
        while time.monotonic() < end:
            for _ in range(20):
                size = dice.choice((0, 1, 11, 12, 13, 40, 172, 1400, 3000))
                start = dice.choice((b"", b"\x80\x00", b"\xbf\x65", b"\x80\xc8", b"\x90\x08", b"\xa0\x00"))
                data = start + dice.randbytes(size)
                stranger.sendto(data, (host, port + dice.randrange(2)))
                caller.ear.send_raw(data)
            time.sleep(0.02)
    caller.press("1")
    caller.hear("menu.main", "en")
    assert held(centre, "media-1").files == was.files
    eventually(lambda: centre.media_calls() == 1)
