"""A second voice node beside a centre's: a voice and a media process of their own on the same database."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from civicline import settings as settings_module
from e2e.centre import RTP_PORTS, Centre
from peers.ports import eventually, free_udp

PROCESSES = ("media", "voice")


class Node:
    def __init__(self, centre: Centre, name: str = "voice-2") -> None:
        first = free_udp(count=RTP_PORTS)
        self.name = name
        self._folder = centre.folder
        self.environ = {
            **centre.environ,
            "CIVICLINE_NODE": name,
            "CIVICLINE_SIP": f"127.0.0.1:{free_udp()}",
            "CIVICLINE_NG": f"127.0.0.1:{free_udp()}",
            "CIVICLINE_NG_EVENTS": f"127.0.0.1:{free_udp()}",
            "CIVICLINE_RTP": f"{first}-{first + RTP_PORTS - 1}",
        }
        self.settings = settings_module.load(self.environ)
        self.sip = (self.settings.sip.host, self.settings.sip.port)
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Node:
        self.start()
        return self

    def start(self) -> None:
        for process in PROCESSES:
            log = (self._folder / f"{self.name}-{process}.log").open("ab")
            command = [sys.executable, "-m", "civicline.cli", "run", process]
            self._processes.append(subprocess.Popen(command, env=self.environ, stdout=log, stderr=log))
        eventually(self._listens, 150, f"{self.name}'s SIP socket")

    def kill(self) -> None:
        """kill -9 of all that it has. Nobody starts it again but `start`."""
        for process in self._processes:
            process.kill()
            process.wait()
        self._processes.clear()

    def pid(self, process: str) -> int:
        return self._processes[PROCESSES.index(process)].pid

    def __exit__(self, *error: object) -> None:
        for process in reversed(self._processes):
            process.send_signal(signal.SIGTERM)
            process.wait(20)

    def _listens(self) -> bool:
        assert all(process.poll() is None for process in self._processes)
        wanted = f":{self.sip[1]:04X} "
        return any(wanted in line.split()[1] + " " for line in Path("/proc/net/udp").read_text().splitlines()[1:])
