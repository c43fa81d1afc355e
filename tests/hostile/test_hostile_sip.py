"""Wrong messages at the real voice process: the right answer or none, and calls beside them are not disturbed."""

from __future__ import annotations

import os
import re
import socket
import time

import pytest

from e2e.centre import Centre
from hostile.beside import CARRIER, STRANGER, log_lines, udp, undisturbed
from hostile.fuzzer import SDP, Fuzzer
from hostile.rfc4475 import DROPPED, MESSAGES, Torture
from peers.ports import readable

CARRIER_PORT = 5060
"""The messages name no other port, so their answers go there; but for one, which says 5050."""
SECONDS = float(os.environ.get("CIVICLINE_CHAOS_FUZZ_S", "8"))
SEED = int(os.environ.get("CIVICLINE_CHAOS_SEED", "1"))
ANSWERED_WITHIN_S = 30.0
SILENT_FOR_S = 0.2
MOST_LINES = 60


def call_id(message: bytes) -> bytes:
    found = re.search(rb"^(?:call-id|i):([^\r]*)", message, re.M | re.I)
    return found[1].strip() if found else b""


def final_codes(sockets: list[socket.socket], case: Torture) -> set[int]:
    """The final responses to a message, not those that are repeated to one before; waits longer where one must come."""
    end = time.monotonic() + (SILENT_FOR_S if DROPPED in case.right else ANSWERED_WITHIN_S)
    found: set[int] = set()
    while not found and (left := end - time.monotonic()) > 0:
        for ready in readable(sockets, left):
            answer = ready.recv(65535)
            code = int(answer[8:11])
            found |= {code} if code >= 200 and call_id(answer) == call_id(case.data) else set()
    return found


def test_the_torture_messages_of_rfc_4475(centre: Centre) -> None:
    assert len(MESSAGES) == 49
    mistakes = []
    with undisturbed(centre), udp(CARRIER, CARRIER_PORT) as carrier, udp(CARRIER, 5050) as other:
        for case in MESSAGES:
            carrier.sendto(case.data, centre.sip)
            codes = final_codes([carrier, other], case)
            if (not codes and DROPPED not in case.right) or codes - case.right:
                mistakes.append(f"{case.section} {case.name}: {codes or 'silence'}, not {set(case.right)}")
    assert not mistakes, "\n".join(mistakes)


def test_a_stranger_gets_no_answer_to_any_of_them(centre: Centre) -> None:
    with udp(STRANGER, CARRIER_PORT) as stranger:
        for case in MESSAGES:
            if case.data.startswith((b"INVITE", b"REGISTER")):
                continue
            stranger.sendto(case.data, centre.sip)
        assert readable([stranger], 1.0) == []


@pytest.mark.timeout(300 + 2 * SECONDS)
def test_a_fuzzer_of_a_carrier_disturbs_nobody(centre: Centre) -> None:
    before = len(log_lines(centre))
    carrier, stranger = Fuzzer(centre.sip, CARRIER, SEED), Fuzzer(centre.sip, STRANGER, SEED + 1)
    with undisturbed(centre, calls=round(SECONDS * 1.5), rate=1.5):
        carrier.run(SECONDS * 0.8)
        stranger.run(SECONDS * 0.2, calls=False)
    assert carrier.calls > SECONDS / 4 and carrier.sent > 20 * SECONDS and stranger.sent > 20 * SECONDS
    new = log_lines(centre)[before:]
    assert len(new) < MOST_LINES * (1 + SECONDS / 60), "\n".join(new[-40:])


def test_a_name_with_an_umlaut_is_no_end_of_a_line(centre: Centre) -> None:
    """Its UTF-8 has 0x85, which Python takes for one."""
    fuzzer = Fuzzer(centre.sip, CARRIER, SEED)
    whole = fuzzer.request("INVITE", "ring", number="999", body=SDP.format(host=CARRIER))
    with udp(CARRIER) as phone:
        phone.sendto(whole.replace(b"Caller", "Åsa Ångström".encode()), centre.sip)
        while (answer := phone.recv(65535)).startswith(b"SIP/2.0 100"):
            pass
    assert answer.startswith(b"SIP/2.0 404")
    assert "Åsa Ångström".encode() in answer
