"""Debian's rtpengine in userspace, with the options of deploy/rtpengine, on free ports of loopback."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from civicline.settings import Address
from civicline.voice.media.client import NgClient, NgError, ping
from peers.ports import eventually, free_udp

DEPLOYED = Path(__file__).parents[2] / "deploy" / "rtpengine" / "rtpengine.conf"
PORTS = 200


def installed() -> bool:
    return shutil.which("rtpengine") is not None


class Rtpengine:
    def __init__(self, events: int) -> None:
        self.address = ("127.0.0.1", free_udp())
        self.folder = Path(tempfile.mkdtemp(prefix="rtpengine-"))
        first = free_udp(count=4)
        here = ["--interface=127.0.0.1", f"--listen-ng=127.0.0.1:{self.address[1]}", f"--port-min={first}"]
        here += [f"--port-max={first + PORTS}", f"--dtmf-log-dest=127.0.0.1:{events}", "--foreground", "--log-stderr"]
        here += [f"--pidfile={self.folder}/pid"]
        self._command = ["rtpengine", f"--config-file={DEPLOYED}", "--config-section=rtpengine", *here]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Rtpengine:
        log = (self.folder / "log").open("wb")
        self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        eventually(self._answers, what="rtpengine")
        return self

    def __exit__(self, *error: object) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def _answers(self) -> bool:
        assert self._process is not None and self._process.poll() is None, self.log[-2000:]
        with NgClient(Address(*self.address)) as ng:
            try:
                return ng.command(ping())["result"] == "pong"
            except NgError:
                return False
