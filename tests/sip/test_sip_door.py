"""Who is let in, what is refused, and what must never stop the process."""

from __future__ import annotations

import os
import random
import socket

import pytest
from sip_app import App, sdp

from civicline.voice.sip.api import Trunk
from civicline.voice.sip.digest import FIELD, Digest, Verdict, ha1, parse, response
from peers.ports import eventually
from peers.sipp import Sipp


def ask(app: App, method: str, *headers: str) -> str:
    """Send one request from a socket of ours; the first line and headers of its final response."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as us:
        us.bind(("127.0.0.1", 0))
        us.settimeout(30)
        name = f"{random.random()}"
        lines = [
            f"{method} sip:5550100@127.0.0.1 SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{us.getsockname()[1]};branch=z9hG4bK{name};rport",
            f"From: <sip:me@127.0.0.1>;tag={name}",
            f"Call-ID: {name}",
            f"CSeq: 1 {method}",
            f"Contact: <sip:me@127.0.0.1:{us.getsockname()[1]}>",
            *headers,
        ]
        if not any(line.startswith("To:") for line in lines):
            lines.append("To: <sip:5550100@127.0.0.1>")
        us.sendto(("\r\n".join(lines) + "\r\nContent-Length: 0\r\n\r\n").encode(), app.address)
        while True:
            text = us.recv(65535).decode()
            if not text.startswith("SIP/2.0 1"):
                return text


@pytest.mark.parametrize(
    ("method", "code"),
    [("OPTIONS", 200), ("SUBSCRIBE", 405), ("MESSAGE", 405), ("FROBNICATE", 501), ("BYE", 481), ("REGISTER", 401)],
)
def test_requests_outside_a_call(app: App, method: str, code: int) -> None:
    assert ask(app, method).startswith(f"SIP/2.0 {code} ")


@pytest.mark.parametrize("method", ["INVITE", "BYE", "INFO", "FROBNICATE"])
def test_a_request_of_an_unknown_dialog_gets_481(app: App, method: str) -> None:
    assert ask(app, method, "To: <sip:x@127.0.0.1>;tag=gone").startswith("SIP/2.0 481 ")


def test_an_extension_that_we_lack_is_named(app: App) -> None:
    answer = ask(app, "INVITE", "Require: 100rel")
    assert answer.startswith("SIP/2.0 420 ")
    assert "Unsupported: 100rel" in answer


def test_a_caller_from_no_trunk_is_refused() -> None:
    with App(trunks=["192.0.2.0/24"]) as app, Sipp("uac_refused", app.address, code=403) as stranger:
        result = stranger.wait()
        assert result.ok, result.explain()
        assert app.do("legs") == []
        assert app.count("invited") == 0


def test_shedding_answers_503_and_takes_calls_again_at_once(app: App) -> None:
    app.do("shed", retry_after_s=7)
    with Sipp("uac_refused", app.address, code=503) as carrier:
        result = carrier.wait()
    assert result.ok, result.explain()
    assert result.received("SIP/2.0 503")[0].header("Retry-After") == "7"
    app.do("shed", retry_after_s=None)
    with Sipp("uac_stays", app.address) as carrier:
        leg = app.expect("invited")["leg"]
        app.do("answer", leg=leg, sdp=sdp())
        app.do("shed", retry_after_s=7)
        app.do("reinvite", leg=leg, sdp=sdp(4100))
        assert app.expect("reinvited")["code"] == 200
        app.do("hang_up", leg=leg)
        assert carrier.wait().ok


def test_rubbish_does_not_stop_the_process(app: App) -> None:
    chance = random.Random(5)
    good = b"INVITE sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKx\r\nTo: <sip:x@y>\r\n"
    good += b"From: \xe9\xff <sip:x@y>;tag=1\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nContact: <sip:x@127.0.0.1:9>\r\n\r\n"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as us:
        for length in (0, 1, 31, 32, 100, 1400):
            us.sendto(os.urandom(length), app.address)
        for start in (b"SIP/2.0 999999999 x\r\n", b"SIP/2.0 200 OK\r\nCSeq: 1 INVITE\r\n\r\n", b"ACK\r\n" * 9):
            us.sendto(start + os.urandom(40), app.address)
        for _ in range(400):
            damaged = bytearray(good)
            for _ in range(chance.randrange(1, 12)):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            us.sendto(bytes(damaged[: chance.randrange(40, len(damaged))]), app.address)
    assert ask(app, "OPTIONS").startswith("SIP/2.0 200 ")


HEAVY = {
    "commas after a quotation mark": 'Contact: <sip:a@b>,"' + "," * 3000,
    "commas in a name": 'Contact: "' + "," * 3000 + '" <sip:a@b>',
    "parameters": "Contact: <sip:a@b>" + "".join(f";p{n}" for n in range(500)),
    "quotation marks": "Contact: " + '"' * 3000 + "<sip:a@b>",
    "commas, folded": 'Contact: <sip:a@b>,"' + "\r\n ,,,,,,,,,,,,,,,," * 20,
    "commas, folded by Sippy only": 'Route: <sip:a@b>,"' + "\n\r :,,,,,,,,,,,,,,,," * 20,
    "a long line": "X: " + "a" * 5000,
    "many lines": "\r\n".join(["a:"] * 300),
}


@pytest.mark.parametrize("lines", HEAVY.values(), ids=HEAVY)
def test_what_sippy_would_take_long_for_is_refused_before(app: App, lines: str) -> None:
    assert ask(app, "OPTIONS", lines).startswith("SIP/2.0 400 Header Too Long or Too Complicated")


def test_a_header_may_be_as_long_as_an_identity(app: App) -> None:
    assert ask(app, "OPTIONS", "Identity: " + "eyJ" * 1000, "Allow: " + ", ".join(["INFO"] * 40)).startswith(
        "SIP/2.0 200 "
    )


def test_the_fields_of_a_digest_are_looked_for_where_words_begin() -> None:
    """From each other position of a word of 15,000 octets all the rest of it was read: 1.3 s, for one datagram."""
    word = "nonce_count"
    assert [at for at in range(len(word)) if FIELD.match(word + "=1", at)] == [0]


def test_a_stranger_says_little() -> None:
    with App(trunks=["192.0.2.0/24"]) as app, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as us:
        us.bind(("127.0.0.66", 0))
        us.settimeout(30)
        for name, size in (("long", 4000), ("short", 10)):
            lines = [
                "REGISTER sip:x@127.0.0.1 SIP/2.0",
                f"Via: SIP/2.0/UDP 127.0.0.66:{us.getsockname()[1]};branch=z9hG4bK{name};rport",
                "From: <sip:x@y>;tag=1",
                "To: <sip:x@y>",
                f"Call-ID: {name}",
                "CSeq: 1 REGISTER",
                "X: " + "a" * size,
            ]
            us.sendto("\r\n".join([*lines, "", ""]).encode(), app.address)
        assert "Call-ID: short" in us.recv(65535).decode()


def test_a_name_that_is_not_ascii_arrives_whole(app: App) -> None:
    with Sipp("uac_cancels", app.address, caller="Zoë") as carrier:
        invite = app.expect("invited")
        assert invite["from_user"] == "Zoë"
        app.do("ring_back", leg=invite["leg"])
        result = carrier.wait()
    assert result.ok, result.explain()


def test_a_trunk_is_matched_by_network() -> None:
    trunk = Trunk("carrier", ("203.0.113.0/28", "198.51.100.7"))
    assert trunk.has("203.0.113.9") and trunk.has("198.51.100.7")
    assert not trunk.has("203.0.113.16")


class TestDigest:
    """The nonce's life and its counts."""

    def sign(self, digest: Digest, nc: str = "00000001", algorithm: str = "SHA-256") -> dict[str, str]:
        challenge = parse(next(text for text in digest.challenges(stale=False) if algorithm in text))
        fields = {"username": "ana", "realm": "r", "nonce": challenge["nonce"], "uri": "sip:r", "nc": nc}
        fields |= {"cnonce": "c", "qop": "auth", "algorithm": algorithm}
        fields["response"] = response(algorithm, ha1(algorithm, "ana", "r", "pw"), fields, "REGISTER")
        return fields

    def digest(self, now: list[float]) -> Digest:
        return Digest("r", b"key", 60, ("SHA-256", "MD5"), lambda: now[0])

    def known(self) -> dict[str, str]:
        return {name: ha1(name, "ana", "r", "pw") for name in ("MD5", "SHA-256")}

    @pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
    def test_good(self, algorithm: str) -> None:
        digest = self.digest([1000.0])
        fields = self.sign(digest, algorithm=algorithm)
        assert digest.check(fields, "REGISTER", self.known()) is Verdict.GOOD

    def test_what_was_heard_cannot_be_sent_again(self) -> None:
        digest = self.digest([1000.0])
        fields = self.sign(digest)
        digest.check(fields, "REGISTER", self.known())
        assert digest.check(fields, "REGISTER", self.known()) is Verdict.STALE

    def test_an_old_nonce_is_stale(self) -> None:
        now = [1000.0]
        digest = self.digest(now)
        fields = self.sign(digest)
        now[0] += 61
        assert digest.check(fields, "REGISTER", self.known()) is Verdict.STALE

    def test_nobody_and_a_wrong_method_are_bad(self) -> None:
        digest = self.digest([1000.0])
        fields = self.sign(digest)
        assert digest.check(fields, "REGISTER", None) is Verdict.BAD
        assert digest.check(fields, "INVITE", self.known()) is Verdict.BAD

    def test_a_made_up_nonce_is_not_taken(self) -> None:
        digest = self.digest([1000.0])
        fields = self.sign(digest) | {"nonce": "1000.aa.bb"}
        fields["response"] = response("SHA-256", self.known()["SHA-256"], fields, "REGISTER")
        assert digest.check(fields, "REGISTER", self.known()) is Verdict.STALE


def test_a_killed_carrier_does_not_matter(app: App) -> None:
    with Sipp("uac_stays", app.address) as carrier:
        leg = app.expect("invited")["leg"]
        carrier.stop()
        app.do("answer", leg=leg, sdp=sdp())
        app.do("hang_up", leg=leg)
    eventually(lambda: app.do("legs") == [], what="the leg's end")
