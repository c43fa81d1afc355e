"""The whole system under its supervisor on free ports, for tests that ring it with SIPp and baresip.

with Centre(folder) as centre:
    with centre.phone("amara.okafor") as phone:      # baresip, registered
        centre.available("amara.okafor")
        ...
        centre.kill("voice")
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from civicline import settings as settings_module
from civicline.core import kinds, requests
from civicline.core.evolve import evolve
from civicline.core.model import Contact, State
from civicline.core.requests import Request
from civicline.database.urls import urls
from civicline.journal.append import append
from civicline.journal.event import Draft
from civicline.journal.follow import Follower
from civicline.people import keyset
from civicline.phones import accounts
from civicline.settings import Address
from civicline.voice.media import client
from peers.baresip import Phone
from peers.ports import eventually, free_tcp, free_udp

PACK = Path(__file__).parent / "pack"
START_S = 150.0
PASSWORD = "telephone"
DISPOSITION = "answered"
RTP_PORTS = 200


class Centre:
    def __init__(
        self,
        folder: Path,
        pack: Path = PACK,
        rtp: str = "",
        environ: Mapping[str, str] | None = None,
        spares: bool = False,
    ) -> None:
        """`spares`: as in production; without them it starts with half the work, and mends itself more slowly."""
        first = free_udp(count=RTP_PORTS)
        self.pack = pack
        self.folder = folder
        self.environ = {
            **os.environ,
            "CIVICLINE_DATA": str(folder / "data"),
            "CIVICLINE_KEYSET": str(folder / "keyset.json"),
            "CIVICLINE_HTTP": f"127.0.0.1:{free_tcp()}",
            "CIVICLINE_SIP": f"127.0.0.1:{free_udp()}",
            "CIVICLINE_NG": f"127.0.0.1:{free_udp()}",
            "CIVICLINE_NG_EVENTS": f"127.0.0.1:{free_udp()}",
            "CIVICLINE_SPARES": "yes" if spares else "no",
            "CIVICLINE_RTP": rtp or f"{first}-{first + RTP_PORTS - 1}",
            **(environ or {}),
        }
        self.settings = settings_module.load(self.environ)
        self.sip = (self.settings.sip.host, self.settings.sip.port)
        self._state = State()
        self._process: subprocess.Popen[bytes] | None = None

    # Running it

    def __enter__(self) -> Centre:
        _civicline(self.environ, "keyset", "create")
        self._log = (self.folder / "up.log").open("ab")
        command = [sys.executable, "-m", "civicline.cli", "up", "--agency", str(self.pack)]
        self._process = subprocess.Popen(command, env=self.environ, stdout=self._log, stderr=self._log)
        eventually(self._is_ready, START_S, "the start of the centre")
        self.url = urls(self.settings).app
        self.conn = psycopg.connect(self.url, autocommit=True)
        self._follower = Follower(self.url)
        return self

    def __exit__(self, *error: object) -> None:
        self.conn.close()
        self._follower.close()
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(60)

    def _is_ready(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError((self.folder / "up.log").read_text())
        status = self.status()
        return status is not None and status["ready"]

    def status(self) -> dict[str, Any] | None:
        path = self.settings.run_dir / "up.json"
        return json.loads(path.read_text()) if path.exists() else None

    def pid(self, process: str) -> int:
        status = self.status()
        assert status is not None
        return int(status["children"][process]["pid"])

    def sessions(self, name: str) -> list[int]:
        """The database's processes of the connections of that name, to hold them up."""
        query = "SELECT pid FROM pg_stat_activity WHERE application_name = %s"
        return [int(row[0]) for row in self.conn.execute(query, (f"civicline {name}",))]

    def starts(self, process: str) -> int:
        status = self.status()
        assert status is not None
        return int(status["children"][process]["starts"])

    def kill(self, process: str) -> None:
        """kill -9. `postgres` is the postmaster itself; the supervisor starts each again."""
        if process == "postgres":
            pid_file = next(self.settings.data.rglob("postmaster.pid"))
            os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)
        else:
            os.kill(self.pid(process), signal.SIGKILL)

    # What people do

    @contextmanager
    def phone(self, agent: str, **options: Any) -> Iterator[Phone]:
        """A registered baresip of this representative."""
        keys = keyset.load(self.settings.keyset)
        accounts.set_password(self.conn, agent, PASSWORD, keys=keys)
        with Phone(agent, PASSWORD, self.sip, **options) as phone:
            phone.wait_registered()
            eventually(lambda: self.state().agents[agent].phone, what="the registration in the journal")
            yield phone

    def ask(self, *asked: Request) -> None:
        """Append requests as the desk would."""
        with psycopg.connect(self.url, autocommit=True) as conn:
            append(conn, [Draft(*kinds.to_body(each)) for each in asked])

    def available(self, agent: str) -> None:
        """Somebody who waits may be offered at once."""
        self.ask(requests.SignIn(agent), requests.BecomeAvailable(agent))
        eventually(lambda: self.agent(agent) in ("available", "offered", "talking"), what=f"{agent} available")

    def wrap_up(self, agent: str, topic: str = "refund", resolved: bool = True) -> None:
        contact = self.state().agents[agent].contact
        assert contact is not None
        self.ask(requests.WrapUp(agent, contact, topic, DISPOSITION, resolved))
        eventually(lambda: self.agent(agent) != "wrap_up", what="the end of the wrap-up")

    # What is to be seen

    def state(self) -> State:
        """The journal folded to this moment."""
        while events := self._follower.read(0.02):
            for event in events:
                fact = kinds.fact(event.kind, event.body)
                if fact is not None:
                    evolve(self._state, fact)
        return self._state

    def agent(self, name: str) -> str:
        return str(self.state().agents[name].state)

    def contact(self, contact: str) -> Contact:
        return self.state().contacts[contact]

    def contacts(self) -> list[Contact]:
        """In the order of their arrival."""
        return sorted(self.state().contacts.values(), key=lambda contact: contact.arrived_at)

    def accepts(self) -> bool:
        """Voice and media both answer."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.settimeout(0.5)
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
            text = (
                f"OPTIONS sip:{self.sip[0]} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{port}\r\n"
                f"From: <sip:test@127.0.0.1>;tag=t\r\nTo: <sip:test@127.0.0.1>\r\nCall-ID: {time.monotonic()}\r\n"
                "CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
            )
            try:
                probe.sendto(text.encode(), self.sip)
                return probe.recv(2048).startswith(b"SIP/2.0 ") and self.media_calls() >= 0
            except (OSError, client.NoAnswerError):
                return False

    def media_calls(self) -> int:
        """How many sessions the media process holds."""
        with client.NgClient(Address(self.settings.ng[0].host, self.settings.ng[0].port)) as ng:
            return len(list(ng.command(client.calls())["calls"]))  # type: ignore[arg-type]

    def _holds_no_media(self) -> bool:
        with suppress(client.NoAnswerError):
            return self.media_calls() == 0
        return False

    def sent_to(self, leg: str) -> int:
        """Packets that the media process has sent to this leg."""
        with client.NgClient(Address(self.settings.ng[0].host, self.settings.ng[0].port)) as ng:
            return int(ng.command(client.query(leg.rpartition("-")[0]))["tags"][leg]["sent"])  # type: ignore[index,call-overload,arg-type]

    def assert_nothing_left(self) -> None:
        """No leg, port, offer or agent is left over."""
        eventually(lambda: not self.state().legs, what="the end of all legs")
        try:
            eventually(self._holds_no_media, what="the end of all media sessions")
        except AssertionError as error:
            raise AssertionError(f"{error}: {self._left_in_media()}") from error
        state = self.state()
        assert not state.offers
        busy = [agent.id for agent in state.agents.values() if agent.leg or agent.state in ("offered", "talking")]
        assert not busy, f"still busy: {busy}"

    def _left_in_media(self) -> list[str]:
        """Each with what the journal says of its contact."""
        with client.NgClient(Address(self.settings.ng[0].host, self.settings.ng[0].port)) as ng:
            left = [str(each) for each in ng.command(client.calls())["calls"]]  # type: ignore[union-attr]
            tags = {each: ng.command(client.query(each)) for each in left}
        return [f"{tags[each]} {self.state().contacts.get(each)}" for each in left]


def _civicline(environ: dict[str, str], *words: str) -> None:
    subprocess.run([sys.executable, "-m", "civicline.cli", *words], env=environ, check=True, capture_output=True)
