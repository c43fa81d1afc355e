"""baresip as a representative's phone: registers by digest, answers by itself or on command, plays a WAV file.

    with Phone("amara.okafor", "secret", registrar=("127.0.0.1", 5060)) as phone:
        phone.wait_registered()
        phone.expect("CALL_INCOMING")
        phone.accept()
        phone.expect("CALL_ESTABLISHED")
        phone.hang_up()

Events carry baresip's own names (REGISTER_OK, REGISTER_FAIL, CALL_INCOMING, CALL_ESTABLISHED, CALL_CLOSED …).
`heard()` is a WAV file of what the phone received, whole once the call is over.
"""

from __future__ import annotations

import contextlib
import json
import queue
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import wave
from collections import deque
from pathlib import Path
from typing import Any

from peers.ports import PATIENCE_S, eventually, free_tcp, free_udp

SILENCE_S = 120  # baresip ends a call when its file does
latest: deque[Phone] = deque(maxlen=3)
"""The phones that were started last, whose logs explain a test that failed."""

CONFIG = """
poll_method epoll
sip_listen 127.0.0.1:{sip}
net_interface 127.0.0.1
rtp_ports {rtp}-{last_rtp}
rtp_timeout 0
call_max_calls 4
audio_player {player}
audio_source aufile,{plays}
audio_alert {player}
ring_aufile none
audio_srate 8000-8000
audio_channels 1-1
module_path /usr/lib/baresip/modules
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
snd_path {folder}
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
"""


def installed() -> bool:
    return shutil.which("baresip") is not None


class Phone:
    def __init__(
        self,
        user: str,
        password: str,
        registrar: tuple[str, int],
        *,
        auto_answer: bool = False,
        plays: Path | None = None,
        port: int | None = None,
        register_s: int = 60,
        tls: bool = False,
    ) -> None:
        self.user = user
        self.port = port or free_udp(count=2)
        self.control = free_tcp()
        self.folder = Path(tempfile.mkdtemp(prefix="baresip-"))
        self.events: list[dict[str, Any]] = []
        self._untaken: list[dict[str, Any]] = []
        self._arriving: queue.Queue[dict[str, Any]] = queue.Queue()
        self._process: subprocess.Popen[bytes] | None = None
        self._kept_log: str | None = None
        self._write_files(password, registrar, auto_answer, plays, register_s)
        if tls:
            self._secure(auto_answer)

    @property
    def address(self) -> tuple[str, int]:
        return ("127.0.0.1", self.port)

    def start(self) -> Phone:
        log = (self.folder / "log").open("ab")
        command = ["baresip", "-4", "-s", "-f", str(self.folder)]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._socket = eventually(self._connect, what="baresip's control port")
        threading.Thread(target=self._listen, daemon=True).start()
        latest.append(self)
        return self

    def stop(self) -> None:
        """End the phone as a person would: it unregisters first."""
        if self._running:
            self._process.terminate()  # type: ignore[union-attr]
            self._process.wait(60)  # type: ignore[union-attr]

    def kill(self) -> None:
        if self._running:
            self._process.send_signal(signal.SIGKILL)  # type: ignore[union-attr]
            self._process.wait()  # type: ignore[union-attr]

    def __enter__(self) -> Phone:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.kill()
        self._kept_log = self.log
        shutil.rmtree(self.folder, ignore_errors=True)

    def wait_registered(self) -> None:
        """Its first REGISTER may be answered before the control port is open, so the log tells."""
        eventually(lambda: "200 OK () [" in self.log, what="baresip's registration")

    def heard(self) -> Path | None:
        return next(iter(sorted(self.folder.glob("dump-*-dec.wav"))), None)

    def expect(self, kind: str, within_s: float = PATIENCE_S) -> dict[str, Any]:
        """Take the first event of that type that was not taken yet."""
        deadline = time.monotonic() + within_s
        while True:
            for found in self._untaken:
                if found["type"] == kind:
                    self._untaken.remove(found)
                    return found
            self._next(kind, deadline)

    def count(self, kind: str) -> int:
        """How many events of that type came so far."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._keep(self._arriving.get_nowait())
        return sum(found["type"] == kind for found in self.events)

    def accept(self) -> None:
        self.command("accept")

    def hang_up(self) -> None:
        self.command("hangup")

    def dial(self, uri: str) -> None:
        self.command("dial", uri)

    def dial_until_taken(self, uri: str) -> None:
        """As a carrier does: whoever is told 503 comes again."""
        self.dial(uri)
        refused = 0
        while not self._taken(refused, uri):
            assert "session closed: 503" in self.log.rpartition("SIP Progress")[2], self.log[-2000:]
            refused += 1
            self.dial(uri)

    def _taken(self, refused: int, uri: str) -> bool:
        """Whether the call was taken; False when it was refused once more."""
        eventually(
            lambda: self.count("CALL_ESTABLISHED") or self.count("CALL_CLOSED") > refused, what=f"an answer to {uri}"
        )
        return self.count("CALL_ESTABLISHED") > 0

    def command(self, name: str, parameters: str = "") -> None:
        """One of baresip's long commands."""
        text = json.dumps({"command": name, "params": parameters}).encode()
        self._socket.sendall(b"%d:%s," % (len(text), text))

    @property
    def log(self) -> str:
        """What it printed, every SIP message among it; to be read after its end, too."""
        return self._kept_log or (self.folder / "log").read_text(errors="replace")

    @property
    def _running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _next(self, awaited: str, deadline: float) -> None:
        try:
            self._keep(self._arriving.get(timeout=max(0.0, deadline - time.monotonic())))
        except queue.Empty:
            kinds = [found["type"] for found in self.events]
            raise AssertionError(f"no {awaited} from baresip; there were {kinds}\n{self.log[-2000:]}") from None

    def _keep(self, event: dict[str, Any]) -> None:
        self.events.append(event)
        self._untaken.append(event)

    def _connect(self) -> socket.socket | None:
        if not self._running:
            raise AssertionError(f"baresip ended at once:\n{self.log[-2000:]}")
        with contextlib.suppress(OSError):
            return socket.create_connection(("127.0.0.1", self.control))
        return None

    def _listen(self) -> None:
        """Netstrings of JSON: `12:{"event":…},`."""
        buffer = b""
        with contextlib.suppress(OSError):
            while data := self._socket.recv(65536):
                buffer += data
                while b":" in buffer and len(buffer) > (end := _end(buffer)):
                    message = json.loads(buffer[buffer.index(b":") + 1 : end])
                    buffer = buffer[end + 1 :]
                    if message.get("event"):
                        self._arriving.put(message)

    def _write_files(
        self, password: str, registrar: tuple[str, int], auto_answer: bool, plays: Path | None, register_s: int
    ) -> None:
        rtp = free_udp(count=4)
        (self.folder / "config").write_text(
            CONFIG.format(
                sip=self.port,
                folder=self.folder,
                rtp=rtp,
                last_rtp=rtp + 40,
                player="aubridge,nobody",
                plays=plays or self._silence(),
                control=self.control,
            )
        )
        mode = "auto" if auto_answer else "manual"
        uri = f"<sip:{self.user}@{registrar[0]}:{registrar[1]}>"
        account = f"{uri};auth_pass={password};answermode={mode};regint={register_s};audio_codecs=pcmu/8000/1\n"
        (self.folder / "accounts").write_text(account)

    @property
    def tls(self) -> tuple[str, int]:
        """Where it is called by TLS: baresip takes the port after that for UDP."""
        return ("127.0.0.1", self.port + 1)

    def _secure(self, auto_answer: bool) -> None:
        """It does not register, calls and is called by TLS, and insists on SRTP (RFC 4568)."""
        mode = "auto" if auto_answer else "manual"
        uri = f"<sip:{self.user}@127.0.0.1;transport=tls>"
        account = f"{uri};regint=0;answermode={mode};mediaenc=srtp-mand;audio_codecs=pcmu/8000/1\n"
        (self.folder / "accounts").write_text(account)
        certificate = self.folder / "certificate.pem"
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-days", "2"]
        subprocess.run([*command, "-out", certificate, "-keyout", self.folder / "key"], check=True, capture_output=True)
        with certificate.open("a") as both:
            both.write((self.folder / "key").read_text())
        with (self.folder / "config").open("a") as config:
            config.write(f"module srtp.so\nsip_certificate {certificate}\n")

    def _silence(self) -> Path:
        path = self.folder / "silence.wav"
        with wave.open(str(path), "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(8000)
            sound.writeframes(bytes(2 * 8000 * SILENCE_S))
        return path


def _end(buffer: bytes) -> int:
    start = buffer.index(b":")
    return start + 1 + int(buffer[:start])
