"""What the far end does by itself: a phone's own hold, a REFER; and another office over a carrier."""

from __future__ import annotations

import contextlib
import math
import re
import shutil
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from civicline.core import requests
from civicline.core.lifecycle import AgentState, HeldBy, HungUpBy, PassedOnFor
from e2e import centre as centre_module
from e2e.callers import SCENARIOS, Town
from e2e.centre import Centre
from e2e.pcaps import PTIME_S, SAMPLES
from e2e.talks import BOB_HZ, Talk, take
from e2e.witness import AGENT_HZ, CALLER_HZ, Ear, has_tone, is_flowing
from peers.ports import eventually, free_udp
from peers.sipp import Sipp

OFFICE_HZ = 1200.0
OFFICE, DIALLED = "+12025550199", "2025550199"
"""The other office's number as the pack writes it, and as a representative dials it."""
MEDIA = re.compile(r"^m=audio (\d+)", re.M)
A_LAW = 8
"""Its payload type."""

pytestmark = pytest.mark.usefixtures("nothing_left")


@pytest.fixture(scope="module")
def office_port() -> int:
    return free_udp()


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory, office_port: int) -> Iterator[Centre]:
    folder = tmp_path_factory.mktemp("centre")
    pack = shutil.copytree(centre_module.PACK, folder / "pack")
    trunk = f'local: {{networks: [127.0.0.0/8], caller_id: "100", hosts: ["127.0.0.1:{office_port}"]}}\n'
    (pack / "trunks.yaml").write_text(trunk)
    offices = pack / "offices.yaml"
    offices.write_text(offices.read_text().replace('number: "555"', f'number: "{OFFICE}"'))
    with Centre(folder, pack) as running:
        yield running


@pytest.fixture
def talk(town: Town, tones: dict[str, Path]) -> Iterator[Talk]:
    with ExitStack() as stack:
        yield Talk(town, tones, stack)


def expanded(code: int) -> int:
    """G.711 A-law to 16 bits."""
    code ^= 0x55
    magnitude, segment = ((code & 0x0F) << 4) + 8, code >> 4 & 7
    magnitude = (magnitude + 256) << (segment - 1) if segment else magnitude
    return magnitude if code & 0x80 else -magnitude


def compressed(sample: float) -> int:
    return min(range(256), key=lambda code: abs(expanded(code) - sample))


class ALawEar:
    """In the place of another ear: says the caller's tone in A-law, and keeps what comes."""

    def __init__(self, place_of: Ear) -> None:
        place_of.close()
        self._to = place_of.to
        self.packets: list[bytes] = []
        self.times: list[float] = []
        self._over = threading.Event()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", place_of.port))
        self._socket.settimeout(0.2)
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._listen, self._send)]

    def __enter__(self) -> ALawEar:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._socket.close()

    def hears(self, hz: float) -> bool:
        """In A-law, now."""
        last = self.packets[-1] if is_flowing(self.times) else bytes(12)
        return last[1] & 0x7F == A_LAW and has_tone([expanded(code) for code in last[12:]], hz)

    def _listen(self) -> None:
        while not self._over.is_set():
            with contextlib.suppress(OSError):
                self.packets.append(self._socket.recv(2048))
                self.times.append(time.monotonic())

    def _send(self) -> None:
        turn = 2 * math.pi * CALLER_HZ / 8000
        tone = bytes(compressed(8000 * math.sin(turn * n)) for n in range(SAMPLES))  # eight whole periods
        number = 0
        while not self._over.wait(PTIME_S):
            header = struct.pack("!BBHII", 0x80, A_LAW, number & 0xFFFF, number * SAMPLES, 77)
            self._socket.sendto(header + tone, self._to)
            number += 1


class Office:
    def __init__(self, port: int) -> None:
        self.ear = Ear(hz=OFFICE_HZ)
        self.sipp = Sipp(SCENARIOS / "office.xml", port=port, keys={"ear": str(self.ear.port)})

    def listen(self) -> bool:
        """Send to where the INVITE says."""
        found = [MEDIA.search(m.body) for m in self.sipp.messages() if not m.sent and m.start.startswith("INVITE")]
        if found and found[-1] is not None:
            self.ear.to = ("127.0.0.1", int(found[-1][1]))
        return bool(found)


@contextmanager
def office(port: int) -> Iterator[Office]:
    made = Office(port)
    with made.sipp:
        yield made
        made.ear.close()


@pytest.mark.parametrize(
    ("says", "answer", "killed"), [("sendonly", "recvonly", ""), ("inactive", "inactive", "voice")]
)
def test_the_callers_own_phone_holds_and_resumes(
    town: Town, tones: dict[str, Path], tmp_path: Path, says: str, answer: str, killed: str
) -> None:
    scenario = (SCENARIOS / "caller_holds.xml").read_text()
    (tmp_path / "holds.xml").write_text(scenario.replace("a=sendonly", f"a={says}"))
    with ExitStack() as stack:
        talk = Talk(town, tones, stack, str(tmp_path / "holds"))
        for _ in range(2):
            talk.caller.hang_up()  # which makes the scenario go on: a hold
            eventually(lambda: talk.contact.held_at, what="the hold")
            assert talk.contact.held_by is HeldBy.CALLER
            eventually(lambda: not talk.caller.ear.is_flowing(), what="silence at the caller's")
            if killed:
                kill(town, killed)
            talk.caller.hang_up()
            eventually(lambda: talk.contact.held_at is None, what="the end of the hold")
            talk.hears_each_other()
        result = talk.caller.leave()
        answers = [m for m in result.received("SIP/2.0 200") if "INVITE" in (m.header("CSeq") or "")]
        directions = [re.findall(r"a=(sendrecv|sendonly|recvonly|inactive)", m.body) for m in answers]
        assert directions == [["sendrecv"], [answer], ["sendrecv"], ["sendrecv"], ["sendrecv"]]
        sessions, versions = zip(*(m.body.splitlines()[1].split()[1:3] for m in answers), strict=True)
        assert len(set(sessions)) == 1 and list(versions) == sorted(versions, key=int)
        assert len(set(versions[:3])) == 3, "each of these changed something (RFC 3264 section 8)"
        town.until("ann", AgentState.WRAP_UP)
    assert talk.contact.holds == 2


def kill(town: Town, process: str) -> None:
    starts = town.centre.starts(process)
    town.centre.kill(process)
    eventually(lambda: town.centre.starts(process) > starts, what="the restart")
    eventually(town.centre.accepts, what="an answer of voice and media")


def test_a_carrier_moves_the_call_to_another_law(town: Town, tones: dict[str, Path]) -> None:
    with ExitStack() as stack:
        talk = Talk(town, tones, stack, "caller_changes_law")
        ear = stack.enter_context(ALawEar(talk.caller.ear))
        talk.caller.hang_up()  # which makes the scenario go on: the re-INVITE
        eventually(lambda: ear.hears(AGENT_HZ), what="the representative's tone at the caller's, in A-law")
        eventually(lambda: talk.at_ann.hears(CALLER_HZ), what="the caller's tone at the representative's")
        result = talk.caller.leave()
        answer = next(m for m in result.received("SIP/2.0 200") if m.header("CSeq") == "2 INVITE")
        lines = [line for line in answer.body.splitlines() if line.startswith("m=")]
        assert lines[0] == "m=video 0 RTP/AVP 31"
        assert re.fullmatch(r"m=audio \d+ RTP/AVP 8 96", lines[1])
        town.until("ann", AgentState.WRAP_UP)
    assert talk.contact.holds == 0


@pytest.mark.parametrize("killed", ["", "voice"])
def test_the_representatives_own_phone_holds_and_resumes(town: Town, talk: Talk, killed: str) -> None:
    talk.phone.command("hold")
    talk.caller_hears_music()
    assert talk.contact.held_by is HeldBy.PHONE
    if killed:
        kill(town, killed)
        talk.caller.hear_music()
        assert talk.contact.held_by is HeldBy.PHONE, "nobody resumed"
    talk.phone.command("resume")
    eventually(lambda: talk.contact.held_at is None, what="the end of the hold")
    eventually(lambda: talk.caller.ear.hears(AGENT_HZ), what="the representative's tone at the caller's")
    before = talk.town.centre.sent_to(talk.contact.offer)  # baresip 1.0 writes down nothing after a hold
    eventually(lambda: talk.town.centre.sent_to(talk.contact.offer) > before + 25, what="half a second to the phone")
    talk.caller.leave()
    talk.town.until("ann", AgentState.WRAP_UP)


def test_a_refer_to_somebody_else_is_refused(town: Town, talk: Talk) -> None:
    """baresip 1.0 itself hangs up when it is refused."""
    host, port = town.centre.sip
    talk.phone.command("transfer", f"sip:nobody@{host}:{port}")
    assert talk.phone.expect("TRANSFER_FAILED")["param"].startswith("603")
    town.until("ann", AgentState.WRAP_UP)
    assert (talk.contact.ended_by, talk.contact.passed_on) == (HungUpBy.AGENT, None)


def test_a_caller_passes_nobody_on_and_the_talk_goes_on(town: Town, tones: dict[str, Path]) -> None:
    with ExitStack() as stack:
        talk = Talk(town, tones, stack, "caller_refers")
        talk.caller.hang_up()  # which makes the scenario go on: a REFER
        eventually(lambda: any("603" in m.start for m in talk.caller.sipp.messages()), what="the refusal")
        packets = len(talk.caller.ear.times)
        eventually(lambda: len(talk.caller.ear.times) > packets + 50, what="a second of sound after it")
        talk.hears_each_other()
        assert talk.contact.state == "talking"
        talk.caller.leave()
        town.until("ann", AgentState.WRAP_UP)


def test_a_refer_to_a_queue_is_a_blind_transfer(town: Town, talk: Talk) -> None:
    host, port = town.centre.sip
    talk.phone.command("transfer", f"sip:operator@{host}:{port}")
    talk.caller.until("waiting")
    assert (talk.contact.queue, talk.contact.passed_on.why) == ("operator", PassedOnFor.OTHER)
    talk.phone.expect("CALL_CLOSED")
    town.until("ann", AgentState.WRAP_UP)
    talk.caller.leave()


def test_a_refer_to_a_colleague_rings_them(town: Town, talk: Talk) -> None:
    host, port = town.centre.sip
    with town.working("bob", plays=talk.tones["bob"]) as phone:
        talk.phone.command("transfer", f"sip:bob@{host}:{port}")
        take(town, "bob", phone)
        eventually(lambda: talk.caller.ear.hears(BOB_HZ), what="the colleague's tone at the caller's")
        town.until("ann", AgentState.WRAP_UP)
        talk.caller.leave()
        town.until("bob", AgentState.WRAP_UP)


def test_a_refer_to_an_office_however_its_number_is_dialled(town: Town, talk: Talk, office_port: int) -> None:
    host, port = town.centre.sip
    with office(office_port) as other:
        talk.phone.command("transfer", f"sip:{DIALLED}@{host}:{port}")
        eventually(other.listen, what="the call at the office")
        eventually(lambda: talk.caller.ear.hears(OFFICE_HZ), what="the office's tone at the caller's")
        town.until("ann", AgentState.WRAP_UP)
        talk.caller.leave()
        assert other.sipp.wait().ok
    assert talk.contact.referrals[-1].office == "vehicles"


def test_sent_to_another_office(town: Town, talk: Talk, office_port: int) -> None:
    with office(office_port) as other:
        talk.ask(requests.SendToOffice, office="vehicles", need="plates")
        talk.phone.expect("CALL_CLOSED")
        town.until("ann", AgentState.WRAP_UP)
        eventually(other.listen, what="the call at the office")
        eventually(lambda: talk.contact.referrals[-1].answered_at, what="the office's answer")
        eventually(lambda: talk.caller.ear.hears(OFFICE_HZ), what="the office's tone at the caller's")
        eventually(lambda: other.ear.hears(CALLER_HZ), what="the caller's tone at the office")
        invite = next(m for m in other.sipp.messages() if m.start.startswith("INVITE"))
        assert invite.start.startswith(f"INVITE sip:{OFFICE}@127.0.0.1")
        assert "sip:100@" in (invite.header("From") or ""), "the carrier's caller id"
        talk.caller.leave()
        assert other.sipp.wait(20).ok
    assert (talk.contact.state, talk.contact.ended_by) == ("closed", HungUpBy.CALLER)
    town.centre.wrap_up("ann")
    assert {"office": "vehicles", "need": "plates", "sent": 1, "answered": 1} in town.report()["needs"]


def test_an_office_that_does_not_answer_gives_the_caller_back(town: Town, talk: Talk) -> None:
    place = talk.contact.place
    talk.ask(requests.SendToOffice, office="vehicles", need="plates")
    talk.caller.until("waiting", within_s=30)
    assert talk.contact.place == place
    assert talk.contact.passed_on.why is PassedOnFor.OFFICE_MISSED
    talk.caller.leave()
    town.until("ann", AgentState.WRAP_UP)
