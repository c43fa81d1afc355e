"""One call's fault is not another's."""

from __future__ import annotations

import logging
import socket

from civicline.voice.media.loop import Loop


def test_a_handler_that_fails_stops_nobody(caplog) -> None:
    loop, done = Loop(), []
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)

    def fails(now: float) -> None:
        near.recv(100)
        raise TypeError("+12025550143")

    loop.watch(near.fileno(), fails)
    far.send(b"x")
    loop.at(loop.now, fails_at_once)
    loop.at(loop.now + 0.05, lambda now: (done.append(now), loop.stop()))
    with caplog.at_level(logging.WARNING):
        loop.run()
    loop.close()
    assert done
    told = [record.getMessage() for record in caplog.records]
    assert any("TypeError at test_media_loop.py" in line for line in told), told
    assert any("ZeroDivisionError at test_media_loop.py" in line for line in told), told
    assert "2025550143" not in caplog.text


def fails_at_once(now: float) -> None:
    raise ZeroDivisionError
