"""Two voice nodes on one database, with Debian's Kamailio in front of them, in the configuration of deploy/kamailio."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from civicline.core.requests import SendToOffice
from e2e.callers import Caller, Town
from e2e.centre import Centre
from e2e.witness import AGENT_HZ, CALLER_HZ, tone_file
from hostile.beside import CARRIER, SCENARIO, STRANGER, assert_all_went_through, pack, udp
from hostile.fuzzer import Fuzzer
from outside.node import Node
from peers import baresip, kamailio, rtpengine, sipp
from peers.baresip import Phone
from peers.kamailio import Kamailio
from peers.ports import eventually, free_udp
from peers.rtpengine import Rtpengine
from peers.sipp import Sipp
from peers.stopped import stopped

CALLS = 12
OFFICE_HZ = 1200.0
STAYS = Path(__file__).parent / "scenarios" / "stays.xml"
LOAD, LOAD_A_S = 120, 8


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    if not all(peer.installed() for peer in (kamailio, rtpengine, sipp, baresip)):
        pytest.skip("apt-get install kamailio kamailio-tls-modules rtpengine-daemon sip-tester baresip-core")
    folder = tmp_path_factory.mktemp("two-nodes")
    with Centre(folder, pack(folder)) as running:
        yield running


@pytest.fixture(scope="module")
def node(centre: Centre) -> Iterator[Node]:
    with Node(centre) as running:
        yield running


@pytest.fixture(scope="module")
def front(centre: Centre, node: Node) -> Iterator[Kamailio]:
    with Kamailio([centre.sip, node.sip]) as running:
        yield running


def nodes_of(centre: Centre, before: set[str]) -> Counter[str]:
    """How many of the new contacts came by each node."""
    return Counter(contact.node for contact in centre.contacts() if contact.id not in before)


def known(centre: Centre) -> set[str]:
    return {contact.id for contact in centre.contacts()}


@pytest.mark.parametrize("transport", ["u1", "t1"])
def test_calls_are_spread_over_the_nodes(centre: Centre, front: Kamailio, transport: str) -> None:
    before = known(centre)
    to = front.udp if transport == "u1" else front.tcp
    with Sipp(SCENARIO, to, service="100", calls=CALLS, rate=4, args=("-t", transport)) as carrier:
        result = carrier.wait()
    assert result.ok, result.explain()
    found = nodes_of(centre, before)
    assert found["voice-1"] + found["voice-2"] == CALLS
    assert min(found.values()) >= CALLS // 3
    eventually(lambda: not centre.state().legs, what="the end of all legs")


def test_a_representative_registered_at_one_node_is_rung_by_the_other(
    centre: Centre, front: Kamailio, node: Node
) -> None:
    town = Town(centre)
    tone = tone_file(centre.folder / "tone.wav", AGENT_HZ)
    with town.working("ann", plays=tone, auto_answer=True) as phone:
        for _ in range(2):
            with town.call(to=front.udp) as caller:
                caller.go_to("refund")
                caller.until("talking")
                eventually(lambda: caller.ear.hears(AGENT_HZ), what="the representative, heard by the caller")
                caller.leave()
            centre.wrap_up("ann")
        assert phone.count("CALL_ESTABLISHED") == 2
    assert {contact.node for contact in centre.contacts()[-2:]} == {"voice-1", "voice-2"}


def test_a_node_killed_under_load(centre: Centre, front: Kamailio, node: Node) -> None:
    """All that it has is killed, and stays so for a while: every call that comes is taken by the other one, and its own
    calls, those among them that hang up meanwhile, go on once it is started again."""
    town = Town(centre)
    with ExitStack() as stack:
        callers = [stack.enter_context(town.call(to=front.udp)) for _ in range(4)]
        for caller in callers:
            caller.hear("notice")
        assert {caller.contact.node for caller in callers} == {"voice-1", "voice-2"}
        before = known(centre)
        load = stack.enter_context(
            Sipp(STAYS, front.udp, service="100", calls=LOAD, rate=LOAD_A_S, limit=LOAD, trace=False)
        )
        eventually(lambda: nodes_of(centre, before)["voice-2"] > LOAD_A_S, what="calls at both nodes")
        node.kill()
        at_kill = known(centre)
        eventually(lambda: nodes_of(centre, at_kill)["voice-1"] > 3 * LOAD_A_S, what="calls at the node that is left")
        assert nodes_of(centre, at_kill)["voice-2"] == 0
        node.start()
        result = load.wait(120)
        assert_all_went_through(result, LOAD)
        for caller in callers:
            eventually(lambda caller=caller: (caller.look(), caller.ear.is_flowing())[1], what="the sound of a call")
            caller.leave()
    eventually(lambda: not centre.state().legs, 60, what="the end of all legs")


def arrives_unanswered_at(node: Node, town: Town, front: Kamailio, stack: ExitStack) -> Caller:
    """In the journal as that node's, whose media process stands still from before the call came."""
    while True:
        os.kill(node.pid("media"), signal.SIGSTOP)
        caller = stack.enter_context(town.call(to=front.udp))
        eventually(lambda: caller.sipp.has_ended() or caller.is_known(), what="the call, or 503")  # noqa: B023
        if caller.is_known() and caller.contact.node == node.name:
            return caller
        os.kill(node.pid("media"), signal.SIGCONT)
        caller.vanish()
        eventually(lambda: not town.centre.state().legs, 60, "the end of all legs")


def test_a_call_that_a_killed_node_had_not_answered_is_answered_by_the_other(
    centre: Centre, front: Kamailio, node: Node
) -> None:
    town = Town(centre)
    with ExitStack() as stack:
        caller = arrives_unanswered_at(node, town, front, stack)
        eventually(lambda: caller.sipp.saw("SIP/2.0 100"), what="the 100")
        before = caller.id
        node.kill()
        assert caller.contact.node == node.name
        caller.hear("notice")
        assert (caller.id, caller.contact.node) == (before, "voice-1")
        caller.leave()
        node.start()
    eventually(lambda: not centre.state().legs, 60, what="the end of all legs")


def test_when_no_node_can_take_calls_the_carrier_is_told_when_to_try_again(
    centre: Centre, front: Kamailio, node: Node
) -> None:
    with stopped(centre.pid("media-1"), node.pid("media")):
        for each in (centre.sip, node.sip, front.udp):
            eventually(lambda each=each: _turned_away(each), what=f"503 from {each}")
    eventually(lambda: not centre.state().legs, 60, what="the end of all legs")


def _turned_away(to: tuple[str, int]) -> bool:
    with Sipp("uac_refused", to, service="100", code=503) as carrier:
        result = carrier.wait()
    answers = [message for message in result.received("SIP/2.0") if not message.start.startswith("SIP/2.0 100")]
    assert all(message.start[8:11] in ("200", "503", "180") for message in answers), result.explain()
    return result.ok and all(message.header("Retry-After") for message in answers)


def test_it_is_no_open_relay(centre: Centre, front: Kamailio) -> None:
    assert front.options().startswith(b"SIP/2.0 200")
    assert front.options(source=STRANGER) == b"", "a stranger gets no answer"
    with udp(CARRIER) as elsewhere, udp(CARRIER) as carrier:
        fuzzer = Fuzzer(front.udp, CARRIER, 1)
        target = f"sip:x@{CARRIER}:{elsewhere.getsockname()[1]}".encode()
        asked = fuzzer.request("BYE", "relay", to="<sip:x@y>;tag=1").replace(b"sip:999@%s:%d" % _of(front), target, 1)
        carrier.sendto(asked.replace(b"Max-Forwards", b"Route: <sip:%s:%d;lr>\r\nMax-Forwards" % _of(front)), front.udp)
        assert carrier.recv(65535).startswith(b"SIP/2.0 403")
        elsewhere.settimeout(0.5)
        with pytest.raises(TimeoutError):
            elsewhere.recv(65535)


def _of(front: Kamailio) -> tuple[bytes, int]:
    return front.udp[0].encode(), front.udp[1]


def ring_by_tls(town: Town, front: Kamailio, office: Phone) -> None:
    """Load the pack with a carrier on TLS behind Kamailio."""
    host, through = (f'"{address[0]}:{address[1]}"' for address in (office.tls, front.udp))
    trunk = f'{{networks: [127.0.0.1], caller_id: "100", hosts: [{host}], through: {through}, transport: tls}}'
    made = town.centre.folder / "pack"
    (made / "trunks.yaml").write_text(f"local: {trunk}\n")
    town.load(made)


def test_another_office_is_rung_by_tls_and_srtp(centre: Centre) -> None:
    town = Town(centre)
    tones = [tone_file(centre.folder / f"{hz:.0f}.wav", hz) for hz in (AGENT_HZ, OFFICE_HZ)]
    with (
        Rtpengine(free_udp()) as engine,
        Kamailio([centre.sip], rtpengine=engine.address) as front,
        Phone("555", "", front.udp, tls=True, plays=tones[1], auto_answer=True) as office,
        town.working("ann", plays=tones[0], auto_answer=True),
    ):
        ring_by_tls(town, front, office)
        with town.call() as caller:
            caller.go_to("refund")
            caller.until("talking")
            centre.ask(SendToOffice("ann", caller.id, "vehicles", "plates"))
            with town.dump(office) as heard:
                eventually(lambda: caller.ear.hears(OFFICE_HZ), 60, "the office, heard by the caller")
                eventually(lambda: heard.hears(CALLER_HZ), what="the caller, heard by the office")
            assert "RTP/SAVP" in office.log and "SIP/2.0/TLS" in office.log
            caller.leave()
        town.until("ann", "wrap_up")
        centre.wrap_up("ann")
    centre.assert_nothing_left()
