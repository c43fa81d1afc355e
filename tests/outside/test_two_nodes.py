"""Two voice nodes on one database, with Debian's Kamailio in front of them, in the configuration of deploy/kamailio."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from e2e.callers import Town
from e2e.centre import Centre
from e2e.witness import AGENT_HZ, tone_file
from hostile.beside import CARRIER, SCENARIO, STRANGER, pack, udp
from hostile.fuzzer import Fuzzer
from outside.node import Node
from peers import baresip, kamailio, sipp
from peers.kamailio import Kamailio
from peers.ports import eventually
from peers.sipp import Sipp
from peers.stopped import stopped

CALLS = 12


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    if not (kamailio.installed() and sipp.installed() and baresip.installed()):
        pytest.skip("apt-get install kamailio kamailio-tls-modules sip-tester baresip-core")
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


def test_a_killed_node_s_calls_go_on_and_new_ones_go_to_the_other(centre: Centre, front: Kamailio) -> None:
    town = Town(centre)
    with ExitStack() as stack:
        callers = [stack.enter_context(town.call(to=front.udp)) for _ in range(4)]
        for caller in callers:
            caller.hear("notice")
        before = known(centre)
        assert {caller.contact.node for caller in callers} == {"voice-1", "voice-2"}
        centre.kill("voice")
        with Sipp(SCENARIO, front.udp, service="100", calls=CALLS, rate=6) as carrier:
            result = carrier.wait()
        assert result.ok, result.explain()
        assert nodes_of(centre, before)["voice-2"] > 0
        for caller in callers:
            eventually(lambda caller=caller: (caller.look(), caller.ear.is_flowing())[1], what="the sound of a call")
            caller.leave()
    eventually(lambda: not centre.state().legs, 40, what="the end of all legs")


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
