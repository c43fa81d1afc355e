"""Start and drive the process of driver.py."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from peers.ports import free_udp

DRIVER = Path(__file__).with_name("driver.py")


def sdp(port: int = 4000) -> str:
    lines = ["v=0", f"o=civicline 1 {port} IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0"]
    return "\r\n".join([*lines, f"m=audio {port} RTP/AVP 0", "a=rtpmap:0 PCMU/8000", ""])


IDS = {"call_id": "promise-1@civicline", "from_tag": "from-1", "branch": "z9hG4bKpromise1", "cseq": 7}


class App:
    def __init__(self, port: int | None = None, **config: Any) -> None:
        self.address = ("127.0.0.1", port or free_udp())
        self.events: list[dict[str, Any]] = []
        self._untaken: list[dict[str, Any]] = []
        self._lines: queue.Queue[dict[str, Any]] = queue.Queue()
        self._process = subprocess.Popen(
            [sys.executable, str(DRIVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        threading.Thread(target=self._read, daemon=True).start()
        self._say({"port": self.address[1], **config})
        self.expect("ready")

    def expect(self, event: str, within_s: float = 60, **fields: Any) -> dict[str, Any]:
        """Take the first event of that name with those fields that was not taken yet."""
        deadline = time.monotonic() + within_s
        while True:
            for found in self._untaken:
                if found["event"] == event and all(found.get(name) == text for name, text in fields.items()):
                    self._untaken.remove(found)
                    return found
            self._next(event, deadline)

    def _next(self, awaited: str, deadline: float) -> None:
        try:
            found = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise AssertionError(f"no {awaited} in time; there were {self.events}") from None
        self.events.append(found)
        self._untaken.append(found)

    def do(self, what: str, **arguments: Any) -> Any:
        self._say({"do": what, **arguments})
        return self.expect("did", what=what)["result"]

    def count(self, event: str) -> int:
        return sum(found["event"] == event for found in self.events)

    def ring(self, leg: str, phone: tuple[str, int], media: int = 4000, **ids: Any) -> bool:
        return self.do(
            "ring",
            leg=leg,
            target=f"sip:phone@{phone[0]}:{phone[1]}",
            to_user="amara.okafor",
            sdp=sdp(media),
            caller_id="5550100",
            ids=IDS | ids,
        )

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        if self.alive:
            self._process.terminate()
            self._process.wait(10)

    def __enter__(self) -> App:
        return self

    def __exit__(self, *error: object) -> None:
        if self.alive:
            self.kill()

    def _say(self, command: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(json.loads(line))
