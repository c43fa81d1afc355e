"""Guessing at telephones' passwords is slowed; the phone itself never waits for somebody else's guesses."""

from __future__ import annotations

import re
import socket

from driver import REALM
from sip_app import App

from civicline.voice.sip.digest import ha1, response
from civicline.voice.sip.guesses import FREE, LONGEST_PAUSE_S, PAUSE_AT_HOME_S, PAUSE_FOR_OTHERS_S, Guesses
from peers.ports import eventually

HOME, STRANGER, OTHER = "127.0.0.5", "127.0.0.66", "127.0.0.67"


class Asker:
    """Registers from one address, by hand."""

    def __init__(self, app: App, host: str) -> None:
        self._to = app.address
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self._socket.settimeout(30)
        self.host, self.port = self._socket.getsockname()
        self._turn = 0

    def nonce(self) -> str:
        found = re.search(r'nonce="([^"]+)"', self._ask())
        assert found is not None
        return found[1]

    def register(self, user: str, password: str, nonce: str = "") -> int:
        self.send(user, password, nonce)
        return self.code()

    def send(self, user: str, password: str, nonce: str = "") -> None:
        fields = {"username": user, "realm": REALM, "nonce": nonce or self.nonce(), "uri": f"sip:{REALM}"}
        fields |= {"nc": "00000001", "cnonce": "c", "qop": "auth", "algorithm": "MD5"}
        fields["response"] = response("MD5", ha1("MD5", user, REALM, password), fields, "REGISTER")
        signed = ", ".join(f'{name}="{text}"' for name, text in fields.items())
        self._send(f"Authorization: Digest {signed}", user)

    def code(self) -> int:
        self._last = self._socket.recv(65535).decode()
        return int(self._last[8:11])

    def wait_s(self) -> int:
        """What the last refusal said."""
        found = re.search(r"Retry-After: (\d+)", self._last)
        return int(found[1]) if found else 0

    def is_told_stale(self) -> bool:
        return "stale=true" in self._last

    def _ask(self) -> str:
        self._send("X: y", "ana")
        self.code()
        return self._last

    def _send(self, signed: str, user: str) -> None:
        self._turn += 1
        lines = [
            f"REGISTER sip:{REALM} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.host}:{self.port};branch=z9hG4bK{self.port}-{self._turn};rport",
            f"From: <sip:{user}@{REALM}>;tag=1",
            f"To: <sip:{user}@{REALM}>",
            f"Call-ID: {self.host}-{self.port}-{self._turn}",
            f"CSeq: {self._turn} REGISTER",
            f"Contact: <sip:{user}@{self.host}:{self.port}>",
            signed,
            "Content-Length: 0",
        ]
        self._socket.sendto(("\r\n".join(lines) + "\r\n\r\n").encode(), self._to)


def app(port: int | None = None) -> App:
    """Its clock stands: no pause is over before a slow machine's next attempt."""
    return App(port, users={"ana": "right", "ben": "right"}, trunks=["192.0.2.0/24"], clock_stands=True)


def test_a_guesser_must_wait_and_the_phone_need_not() -> None:
    with app() as running:
        phone, guesser = Asker(running, HOME), Asker(running, STRANGER)
        assert phone.register("ana", "right") == 200
        assert [guesser.register("ana", f"guess {n}") for n in range(FREE)] == [403] * FREE
        assert guesser.register("ana", "right") == 503, "even what is right is not looked at"
        assert guesser.wait_s() >= 1
        assert Asker(running, OTHER).register("ana", "right") == 503, "nor from another source"
        assert phone.register("ana", "right") == 200
        assert Asker(running, HOME).register("ana", "right") == 200, "nor does its host's new port wait"
        assert Asker(running, OTHER).register("ana", "right") == 503, (
            "who guesses is not forgiven by the phone's refresh"
        )
        assert guesser.register("ben", "right") == 503, "a source that guesses waits at every user"
        assert Asker(running, OTHER).register("ben", "right") == 200


def test_nobody_is_punished_for_what_others_send_in_his_name() -> None:
    """A forged source never sees the challenge: its nonce is another host's."""
    with app() as running:
        strange = Asker(running, STRANGER).nonce()
        asker = Asker(running, OTHER)
        assert [asker.register("ana", "guess", strange) for _ in range(3 * FREE)] == [401] * (3 * FREE)
        assert asker.register("ana", "right") == 200


def test_what_was_heard_is_not_good_at_another_process() -> None:
    """Nor after a restart: it knows nothing of the counts."""
    with app() as first:
        phone = Asker(first, HOME)
        nonce = phone.nonce()
        assert phone.register("ana", "right", nonce) == 200
    with app(first.address[1]):
        assert phone.register("ana", "right", nonce) == 401
        assert phone.is_told_stale()
        assert phone.register("ana", "right") == 200


class TestWhileAPasswordIsLookedUp:
    def app(self) -> App:
        return App(users={"ana": "right"}, trunks=["192.0.2.0/24"], clock_stands=True, looks_up_slowly=True)

    def test_nobody_else_waits(self) -> None:
        with self.app() as running:
            phone, other = Asker(running, HOME), Asker(running, OTHER)
            phone.send("ana", "right")
            assert other.nonce(), "others are answered"
            eventually(lambda: running.do("held")[1] == 1, what="the request that waits")
            assert running.do("looked_up") == 1
            assert phone.code() == 200
            assert running.do("held") == [0, 0, 0]

    def test_who_guesses_many_at_once_is_slowed_too(self) -> None:
        with self.app() as running:
            guesser = Asker(running, STRANGER)
            for turn, nonce in enumerate([guesser.nonce() for _ in range(2 * FREE)]):
                guesser.send("ana", f"guess {turn}", nonce)
            eventually(lambda: running.do("held")[1] == 2 * FREE, what="the guesses that wait")
            running.do("looked_up")
            assert [guesser.code() for _ in range(2 * FREE)] == [403] * FREE + [503] * FREE


class TestPauses:
    def guesses(self, now: list[float]) -> Guesses:
        return Guesses(lambda user, host: (user, host) == ("ana", HOME), lambda: now[0])

    def test_they_double_up_to_the_longest(self) -> None:
        now = [1000.0]
        guesses = self.guesses(now)
        waits = []
        for _ in range(FREE + 12):
            guesses.wrong("ana", STRANGER)
            waits.append(guesses.wait_s("ana", STRANGER))
            now[0] += waits[-1]
        assert waits[: FREE + 2] == [0.0] * (FREE - 1) + [1.0, 2.0, 4.0]
        assert waits[-1] == LONGEST_PAUSE_S

    def test_at_home_they_stay_short(self) -> None:
        guesses = self.guesses([1000.0])
        for _ in range(50):
            guesses.wrong("ana", HOME)
            guesses.wrong("ana", STRANGER)
        assert guesses.wait_s("ana", HOME) == PAUSE_AT_HOME_S

    def test_a_host_that_has_not_guessed_is_not_locked_out_by_others(self) -> None:
        now = [1000.0]
        guesses = self.guesses(now)
        for _ in range(50):
            guesses.wrong("ana", STRANGER)
        assert guesses.wait_s("ana", OTHER) == PAUSE_FOR_OTHERS_S
        guesses.wrong("ana", OTHER)
        assert guesses.wait_s("ana", OTHER) == PAUSE_FOR_OTHERS_S, "a mistake is no guessing"
        for _ in range(FREE):
            guesses.wrong("ana", OTHER)
        assert guesses.wait_s("ana", OTHER) == LONGEST_PAUSE_S

    def test_an_hour_of_peace_forgives(self) -> None:
        now = [1000.0]
        guesses = self.guesses(now)
        for _ in range(50):
            guesses.wrong("ana", STRANGER)
        now[0] += 3601
        assert guesses.wait_s("ana", STRANGER) == 0.0
        guesses.wrong("ana", STRANGER)
        assert guesses.wait_s("ana", STRANGER) == 0.0
