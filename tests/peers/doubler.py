"""A bad network: every datagram to `target` arrives twice."""

from __future__ import annotations

import contextlib
import socket
import threading


class Doubler:
    def __init__(self, target: tuple[str, int]) -> None:
        self.doubled = 0
        self._target = target
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._socket.getsockname()

    def __enter__(self) -> Doubler:
        threading.Thread(target=self._carry, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _carry(self) -> None:
        with contextlib.suppress(OSError):
            while data := self._socket.recv(65535):
                self._socket.sendto(data, self._target)
                self._socket.sendto(data, self._target)
                self.doubled += 1
