"""What voice still sends to a media engine that lost a datagram, or was restarted, while a call went on."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest

from civicline.settings import Address
from civicline.voice.media import bencode, client
from civicline.voice.media_link import MediaLink
from civicline.voice.sip.loop import Loop

CALL, OTHER, CALLER, OFFICE = "call-1", "call-2", "call-1-c", "call-1-p1"
WITHIN_S = 20.0
LOOK_EVERY_S = 0.01


class Wire:
    """The loop as the link uses it, with its datagrams."""

    def __init__(self) -> None:
        self.loop = Loop()
        self.call_later, self.call_soon = self.loop.call_later, self.loop.call_soon
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def udp(self, address, on_datagram):
        self.socket.bind(address)
        self.socket.setblocking(False)
        self.loop.watch(self.socket.fileno(), lambda: on_datagram(*self.socket.recvfrom(65535)))
        return self

    def send(self, data, to):
        self.socket.sendto(data, to)

    def until(self, condition: Callable[[], object]) -> None:
        """Run the loop until the condition holds."""
        held = []

        def look() -> None:
            held.append(bool(condition()))
            if held[-1]:
                self.loop.stop()
            else:
                self.loop.call_later(LOOK_EVERY_S, look)

        late = self.loop.call_later(WITHIN_S, self.loop.stop)
        self.loop.call_later(LOOK_EVERY_S, look)
        self.loop.run()
        late.cancel()
        assert held and held[-1], "it never came true"


class Engine:
    """The far end's socket: what comes is kept and answered only when the test says so."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.came: list[tuple[str, str]] = []
        self.instance = ""

    @property
    def address(self) -> Address:
        return Address(*self.socket.getsockname())

    def look(self) -> list[tuple[str, str]]:
        """(command, call) of all that came, pings apart, which are answered while it has an instance."""
        while True:
            try:
                data, source = self.socket.recvfrom(65535)
            except BlockingIOError:
                return self.came
            cookie, _, body = data.partition(b" ")
            command = bencode.decode_dict(body)
            if command["command"] != "ping":
                self.came.append((str(command["command"]), str(command.get("call-id", ""))))
            elif self.instance:
                answer = {"result": "pong", "instance": self.instance}
                self.socket.sendto(cookie + b" " + bencode.encode(answer), source)

    def count(self, command: str, call: str) -> int:
        return self.look().count((command, call))


@pytest.fixture
def wire() -> Iterator[Wire]:
    made = Wire()
    yield made
    made.socket.close()


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = Engine()
    yield made
    made.socket.close()


def test_after_its_end_nothing_of_a_call_is_sent_again(wire: Wire, engine: Engine) -> None:
    link = MediaLink(wire, [engine.address], lambda _: None)
    link.send(0, client.play(CALL, OFFICE, ["hold.wav"], play_id="hold"))
    link.send(0, client.play(OTHER, CALLER, ["hold.wav"], play_id="hold"))
    link.send(0, client.delete(CALL))
    wire.until(lambda: engine.count("delete", CALL) > 1 and engine.count("play media", OTHER) > 1)
    assert engine.count("play media", CALL) == 1, "it was sent again after the call's end"


def test_what_was_asked_of_a_dead_engine_does_not_undo_what_its_successor_is_told(wire: Wire, engine: Engine) -> None:
    """Music that a dead engine was to play must not cover the talk in the sessions made anew; a port that somebody
    waits for is asked for again."""
    restarts: list[int] = []
    link = MediaLink(wire, [engine.address], restarts.append)
    engine.instance = "one"
    link.start()
    wire.until(lambda: (engine.look(), restarts == [0])[1])
    link.send(0, client.play(CALL, CALLER, ["hold.wav"], play_id="hold"))
    link.send(0, client.answer_ivr(CALL, CALLER))
    engine.instance = "two"
    wire.until(lambda: (engine.look(), restarts == [0, 0])[1])
    before = engine.count("play media", CALL)
    wire.until(lambda: engine.count("answer", CALL) >= 3)
    assert engine.count("play media", CALL) == before
