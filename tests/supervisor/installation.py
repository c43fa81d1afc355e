"""`civicline up` on free ports, with a data folder of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

from civicline.supervisor import status
from peers.ports import eventually, free_tcp, free_udp

DEMO = Path(__file__).parents[1] / "packs" / "small"
READY_S = 120.0
"""A machine with two busy cores makes a database in ten seconds."""


class Site:
    """An installation: its environment, and the commands run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        udp = free_udp(count=4)
        self.environ = {name: value for name, value in os.environ.items() if not name.startswith("CIVICLINE_")}
        self.environ |= {
            "CIVICLINE_DATA": str(self.data),
            "CIVICLINE_HTTP": f"127.0.0.1:{free_tcp()}",
            "CIVICLINE_SIP": f"127.0.0.1:{udp}",
            "CIVICLINE_NG": f"127.0.0.1:{udp + 1}",
            "CIVICLINE_NG_EVENTS": f"127.0.0.1:{udp + 2}",
            "CIVICLINE_RTP": "36000-36099",
        }

    def run(self, *words: str, given: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "civicline.cli", *words],
            env=self.environ | environ, input=given, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    def up(self, *words: str) -> Up:
        return Up(self, words)

    def left(self) -> list[str]:
        """What lies in the folder."""
        return sorted(path.name for path in self.folder.iterdir())


class Up:
    def __init__(self, site: Site, words: tuple[str, ...]) -> None:
        self.site = site
        self.words = (site.folder / "up.err").open("a+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "civicline.cli", "up", *words],
            env=site.environ,
            stdout=self.words,
            stderr=self.words,
        )

    def state(self) -> dict[str, Any]:
        return status.read(self.site.data / "run") or {"ready": False, "children": {}}

    def ready(self) -> None:
        eventually(lambda: self.state()["ready"] or self.process.poll() is not None, READY_S, "ready")
        assert self.process.poll() is None, self.said()

    def said(self) -> str:
        return (self.site.folder / "up.err").read_text()

    def child(self, name: str) -> tuple[int | None, int]:
        found = self.state()["children"].get(name, {})
        return found.get("pid"), found.get("starts", 0)

    def pids(self) -> list[int]:
        return [child["pid"] for child in self.state()["children"].values() if child["pid"]]

    def answers(self) -> bool:
        try:
            url = f"http://{self.site.environ['CIVICLINE_HTTP']}/sign-in"
            with urllib.request.urlopen(url, timeout=10) as response:
                return response.status == 200
        except OSError:
            return False

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(90)

    def close(self) -> None:
        if self.process.poll() is None:
            self.stop()
        self.words.close()
