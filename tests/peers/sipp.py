"""SIPp as a peer: run one scenario, read how it ended and what was sent.

    with Sipp("uac_answered", peer=("127.0.0.1", 5060), service="5550100") as carrier:
        result = carrier.wait()
    assert result.ok, result.explain()

A scenario is a file of tests/peers/scenarios (without .xml), or a path. `service` is the number that is dialled,
`caller` the caller's; more `[keys]` go in as `keys={"name": "value"}`; `code` is put where a scenario says CODE.
`args=("-d", "500")` sets what a scenario's pause takes, in milliseconds.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from peers.ports import PATIENCE_S, eventually, free_udp, give_back

SCENARIOS = Path(__file__).parent / "scenarios"
BETWEEN = re.compile(r"^-{20,} (?=\d{4})", re.M)
HEAD = re.compile(r"[^\n]*\n(?:UDP|TCP) message (sent|received)[^\n]*:\n\n")
LIFE_S = 280
"""SIPp ends itself then: later than any test waits for it."""
PATIENT = ("-watchdog_major_maxtriggers", "1000000", "-watchdog_minor_maxtriggers", "1000000")
"""SIPp gives up when it was itself late 10 times. That judges the machine; the calls are judged one by one."""


def installed() -> bool:
    return shutil.which("sipp") is not None


@dataclass(frozen=True)
class Message:
    """One SIP message that SIPp sent or received."""

    sent: bool
    text: str

    @property
    def start(self) -> str:
        return self.text.split("\n", 1)[0].strip()

    def header(self, name: str) -> str | None:
        found = re.search(rf"^{re.escape(name)}\s*:\s*(.*?)\s*$", self.text, re.M | re.I)
        return found[1] if found else None

    @property
    def body(self) -> str:
        return self.text.replace("\r\n", "\n").partition("\n\n")[2].strip()


@dataclass(frozen=True)
class Result:
    """Exit status 0: every call went through its scenario. `errors` is SIPp's own account of what did not."""

    status: int
    messages: tuple[Message, ...]
    errors: str
    stats: Mapping[str, str]

    @property
    def ok(self) -> bool:
        return self.status == 0

    def received(self, start: str) -> list[Message]:
        """Each once: a copy is a retransmission."""
        return list(dict.fromkeys(m for m in self.messages if not m.sent and m.start.startswith(start)))

    def sent(self, start: str) -> list[Message]:
        return [m for m in self.messages if m.sent and m.start.startswith(start)]

    def explain(self) -> str:
        told = "\n".join(f"{'>' if m.sent else '<'} {m.start}" for m in self.messages[-30:])
        failed = {name: count for name, count in self.stats.items() if name.startswith("Failed") and int(count or 0)}
        return f"sipp ended with {self.status}\n{failed}\n{self.errors[-2000:]}\n{told}"


def _sockets(kind: str) -> list[str]:
    return Path(f"/proc/net/{kind}").read_text().splitlines()[1:]


class Sipp:
    """One SIPp process. Without `peer` it waits for calls (a UAS scenario) on `port`."""

    def __init__(
        self,
        scenario: str | Path,
        peer: tuple[str, int] | None = None,
        *,
        port: int | None = None,
        calls: int = 1,
        rate: float = 10,
        limit: int | None = None,
        service: str = "5550100",
        caller: str = "2025550143",
        code: int | None = None,
        keys: Mapping[str, str] | None = None,
        args: tuple[str, ...] = (),
        timeout_s: int = LIFE_S,
        trace: bool = True,
    ) -> None:
        path = Path(scenario)
        source = path if path.suffix == ".xml" else SCENARIOS / f"{scenario}.xml"
        self.host = "127.0.0.1"
        self.port = port or free_udp()
        self.media_port = free_udp(count=4)
        self._control = free_udp()
        self._given = port is None
        self.trace = trace
        self.folder = Path(tempfile.mkdtemp(prefix="sipp-"))
        self.scenario = self.folder / "scenario.xml"
        self.scenario.write_text(source.read_text().replace("CODE", str(code or "")))
        keys = {"caller": caller, **(keys or {})}
        self.command = self._command(peer, calls, rate, limit, service, keys, args, timeout_s)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> tuple[str, int]:
        return (self.host, self.port)

    def start(self) -> Sipp:
        self._process = subprocess.Popen(
            self.command,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / "stderr").open("wb"),
        )
        eventually(self._is_bound, what="SIPp's socket")
        return self

    def wait(self, within_s: float = PATIENCE_S) -> Result:
        """Wait for the scenario to end by itself."""
        assert self._process is not None, "start() first"
        status = self._process.wait(within_s)
        return Result(status, tuple(self.messages()), self._text("errors.log") + self._text("stderr"), self.stats())

    def has_ended(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def __enter__(self) -> Sipp:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()
        give_back(self.media_port, count=4)
        give_back(self._control)
        if self._given:
            give_back(self.port)
        shutil.rmtree(self.folder, ignore_errors=True)

    def messages(self) -> list[Message]:
        """What was sent and received so far, in order."""
        parts = BETWEEN.split(self._text("messages.log"))[1:]
        heads = ((HEAD.match(part), part) for part in parts)
        return [Message(head[1] == "sent", part[head.end() :].strip()) for head, part in heads if head is not None]

    def saw(self, start: str, count: int = 1) -> bool:
        return sum(not m.sent and m.start.startswith(start) for m in self.messages()) >= count

    def stats(self) -> dict[str, str]:
        """The last line of SIPp's statistics: SuccessfulCall(C), FailedCall(C), Retransmissions(C) …"""
        lines = self._text("stats.csv").splitlines()
        return dict(zip(lines[0].split(";"), lines[-1].split(";"), strict=False)) if len(lines) > 1 else {}

    def _is_bound(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            return True  # it ended already; wait() tells how
        with contextlib.suppress(OSError):
            wanted = f":{self.port:04X} "
            return any(wanted in line.split()[1] + " " for kind in ("udp", "tcp") for line in _sockets(kind))
        return False

    def _command(self, peer, calls, rate, limit, service, keys, args, timeout_s) -> list[str]:
        command = ["sipp", "-sf", str(self.scenario), "-i", self.host, "-p", str(self.port), "-m", str(calls)]
        command += ["-r", str(rate), "-s", service, "-nostdin", "-timeout", str(timeout_s), "-timeout_error"]
        command += ["-mi", self.host, "-mp", str(self.media_port), "-trace_stat", "-stf", "stats.csv", "-fd", "1"]
        command += ["-trace_err", "-error_file", "errors.log", "-cp", str(self._control)]
        if self.trace:
            command += ["-trace_msg", "-message_file", "messages.log"]
        if limit:
            command += ["-l", str(limit)]
        for name, text in keys.items():
            command += ["-key", name, text]
        command += [*PATIENT, *args]
        return command if peer is None else [*command, f"{peer[0]}:{peer[1]}"]

    def _text(self, name: str) -> str:
        path = self.folder / name
        return path.read_bytes().decode("utf-8", "replace") if path.exists() else ""
