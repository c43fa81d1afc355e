"""Messages that are right enough for the door, and at which Sippy stumbles: nothing of them may stay."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import pytest
from sip_app import App

from peers.ports import eventually

NOTHING = [0, 0, 0]
"""Dialogs, and transactions of either side."""
PORT_IS_NONE = "<sip:ana@127.0.0.1:port>"


class FarEnd:
    """Speaks by hand, from one address."""

    def __init__(self, to: tuple[str, int]) -> None:
        self._to = to
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(30)
        self.address = self._socket.getsockname()

    def request(
        self, method: str, name: str, *headers: str, to: str = "<sip:5550100@127.0.0.1>", cseq: int = 1
    ) -> None:
        host, port = self.address
        lines = [
            f"{method} sip:5550100@127.0.0.1 SIP/2.0",
            f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{name}{method};rport",
            f"From: <sip:me@{host}>;tag={name}",
            f"To: {to}",
            f"Call-ID: {name}",
            f"CSeq: {cseq} {method}",
            f"Contact: <sip:me@{host}:{port}>",
            *headers,
        ]
        self.send(lines)

    def respond(self, request: str, status: str, *headers: str) -> None:
        echoed = [line for line in request.split("\r\n") if line.startswith(("Via", "From", "Call-ID", "CSeq"))]
        to = field(request, "To")
        self.send([f"SIP/2.0 {status}", *echoed, f"To: {to}" if "tag=" in to else f"To: {to};tag=far", *headers])

    def send(self, lines: list[str]) -> None:
        self._socket.sendto("\r\n".join([*lines, "Content-Length: 0", "", ""]).encode(), self._to)

    def expect(self, start: str) -> str:
        while True:
            text = self._socket.recv(65535).decode()
            if text.startswith(start):
                return text


def field(message: str, name: str) -> str:
    found = re.search(rf"^{name}: (.*?)\r$", message, re.M)
    assert found is not None
    return found[1]


@pytest.fixture
def far_end(app: App) -> Iterator[FarEnd]:
    yield FarEnd(app.address)


@pytest.mark.parametrize("header", ["Authorization: Digest a", "Authorization: Digest a=b, c", "Authorization: x"])
def test_an_invite_with_a_broken_signature_is_refused_and_forgotten(app: App, far_end: FarEnd, header: str) -> None:
    """Sippy knows its dialog before it reads that header: it would stay, and open the door to its Call-ID."""
    for turn in range(3):
        far_end.request("INVITE", f"broken-{turn}", header)
        answer = far_end.expect("SIP/2.0 4")
        assert answer.startswith("SIP/2.0 400 ")
        far_end.request("ACK", f"broken-{turn}", to=field(answer, "To"))
    eventually(lambda: app.do("held") == NOTHING, what="the end of all that was kept")
    assert app.count("invited") == 0
    assert app.do("legs") == []


def test_an_invite_again_with_another_cseq_leaves_nothing(app: App, far_end: FarEnd) -> None:
    """Each was kept for as long as its Expires says."""
    for cseq in range(1, 5):
        far_end.request("INVITE", "again", "Expires: 4294967295", cseq=cseq)
    far_end.request("OPTIONS", "after")
    far_end.expect("SIP/2.0 200")
    assert app.do("held") == [1, 1, 0]
    assert len(app.do("legs")) == 1


@pytest.mark.parametrize("method", ["INVITE", "INFO", "CANCEL"])
def test_a_request_of_a_call_that_is_not_ours_is_refused_and_forgotten(app: App, far_end: FarEnd, method: str) -> None:
    """Even while new calls are taken; the 481 to an INVITE was kept for 32 s, and sent seven times."""
    far_end.request(method, "gone", to="<sip:5550100@127.0.0.1>;tag=gone")
    assert far_end.expect("SIP/2.0").startswith("SIP/2.0 481 ")
    assert app.do("held") == NOTHING


@pytest.mark.parametrize("header", [f"Contact: {PORT_IS_NONE}", "Record-Route: <sip:127.0.0.1:port;lr>"])
def test_who_takes_our_call_and_cannot_be_understood_is_hung_up_on(app: App, far_end: FarEnd, header: str) -> None:
    app.ring("offer-1", far_end.address)
    far_end.respond(far_end.expect("INVITE"), "200 OK", header)
    assert app.expect("failed", leg="offer-1")["code"] == 502
    assert "tag=far" in field(far_end.expect("ACK"), "To")
    bye = far_end.expect("BYE")
    assert "tag=far" in field(bye, "To") and field(bye, "CSeq") == "8 BYE"
    far_end.respond(bye, "200 OK")
    eventually(lambda: app.do("held")[2] == 0, what="the end of all our transactions")
    assert app.do("legs") == []


def test_so_is_one_who_takes_a_call_that_we_gave_up(app: App, far_end: FarEnd) -> None:
    app.ring("offer-1", far_end.address)
    invite = far_end.expect("INVITE")
    far_end.respond(invite, "180 Ringing")
    app.expect("ringing")
    app.do("hang_up", leg="offer-1")
    far_end.respond(far_end.expect("CANCEL"), "200 OK")
    far_end.respond(invite, "200 OK", f"Contact: {PORT_IS_NONE}")
    far_end.expect("ACK")
    far_end.respond(far_end.expect("BYE"), "200 OK")
    eventually(lambda: app.do("held") == NOTHING, what="the end of all that was kept")


def test_a_refusal_that_cannot_be_understood_is_one(app: App, far_end: FarEnd) -> None:
    app.ring("offer-1", far_end.address)
    far_end.respond(far_end.expect("INVITE"), "302 Moved", f"Contact: {PORT_IS_NONE}")
    far_end.expect("ACK")
    assert app.expect("failed", leg="offer-1")["code"] == 502
    assert app.do("held")[2] == 0
