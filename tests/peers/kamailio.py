"""Kamailio with the configuration of deploy/kamailio, on free ports of loopback.

with Kamailio(nodes=[centre.sip, other]) as front:
    Sipp("uac_answered", front.udp)
"""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from peers.ports import eventually, free_tcp, free_udp

DEPLOYED = Path(__file__).parents[2] / "deploy" / "kamailio" / "kamailio.cfg"
HOST = "127.0.0.1"
Address = tuple[str, int]


def installed() -> bool:
    return shutil.which("kamailio") is not None or Path("/usr/sbin/kamailio").exists()


class Kamailio:
    """Carriers are all of 127.0.0.1 but the nodes' ports, as SIPp and baresip share it with them."""

    def __init__(self, nodes: Sequence[Address], rtpengine: Address | None = None, waits: bool = True) -> None:
        """`waits`: for a node that answers, when it is started."""
        self._waits = waits
        self.folder = Path(tempfile.mkdtemp(prefix="kamailio-"))
        self.udp, self.tcp, self.tls = (HOST, free_udp()), (HOST, free_tcp()), (HOST, free_tcp())
        self._process: subprocess.Popen[bytes] | None = None
        self._write(nodes, rtpengine)

    def __enter__(self) -> Kamailio:
        program = shutil.which("kamailio") or "/usr/sbin/kamailio"
        command = [program, "-DD", "-E", "-f", "kamailio.cfg", "-Y", str(self.folder), "-m", "64", "-M", "8"]
        log = (self.folder / "log").open("wb")
        self._process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log)
        eventually(self._routes, 20, f"Kamailio with a node that answers: {self.log[-1500:]}")
        return self

    def __exit__(self, *error: object) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def options(self, source: str = HOST) -> bytes:
        """The answer to OPTIONS: 200 where a node can take calls. b"" for none within half a second."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((source, 0))
            probe.settimeout(0.5)
            own = "{}:{}".format(*probe.getsockname())
            asked = (
                f"OPTIONS sip:{HOST}:{self.udp[1]} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP {own};branch=z9hG4bK{own};rport\r\n"
                f"From: <sip:probe@{own}>;tag=1\r\nTo: <sip:{HOST}>\r\nCall-ID: {own}\r\nCSeq: 1 OPTIONS\r\n"
                "Max-Forwards: 5\r\nContent-Length: 0\r\n\r\n"
            )
            probe.sendto(asked.encode(), self.udp)
            try:
                return probe.recv(65535)
            except TimeoutError:
                return b""

    def _routes(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log
        return self.options().startswith(b"SIP/2.0 200" if self._waits else b"SIP/2.0")

    def _write(self, nodes: Sequence[Address], rtpengine: Address | None) -> None:
        shutil.copy(DEPLOYED, self.folder)
        certificate, key = self.folder / "certificate.pem", self.folder / "key.pem"
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-days", "2"]
        subprocess.run([*command, "-out", certificate, "-keyout", key], check=True, capture_output=True)
        site = {
            "LISTEN_UDP": f"udp:{HOST}:{self.udp[1]}",
            "LISTEN_TCP": f"tcp:{HOST}:{self.tcp[1]}",
            "LISTEN_TLS": f"tls:{HOST}:{self.tls[1]}",
            "WITH_TLS": "",
            "TLS_CERTIFICATE": f'"{certificate}"',
            "TLS_KEY": f'"{key}"',
            "DISPATCHER_LIST": f'"{self.folder}/dispatcher.list"',
            "ADDRESS_LIST": f'"{self.folder}/address.list"',
        }
        if rtpengine is not None:
            site |= {"WITH_RTPENGINE": "", "RTPENGINE": f'"udp:{rtpengine[0]}:{rtpengine[1]}"'}
        (self.folder / "site.cfg").write_text("".join(f"#!define {name} {text}\n" for name, text in site.items()))
        (self.folder / "dispatcher.list").write_text("".join(f"1 sip:{host}:{port}\n" for host, port in nodes))
        known = "".join(f"2 {host} 32 {port}\n" for host, port in nodes)
        (self.folder / "address.list").write_text(f"1 {HOST} 32 0\n{known}")
