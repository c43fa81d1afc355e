"""A process with one endpoint: commands come as JSON lines on stdin, events leave as JSON lines on stdout.

Tests kill it like a crashed voice process. It keeps nothing: what must survive, the test gives back.
"""

from __future__ import annotations

import hashlib
import json
import signal
import sys
import threading
import time
from concurrent.futures import Future
from functools import partial

from civicline.voice.sip.api import Account, Binding, CredentialsAwayError, DialogIds, Options, Trunk
from civicline.voice.sip.dialog import DialogError
from civicline.voice.sip.digest import ha1
from civicline.voice.sip.endpoint import SipEndpoint
from civicline.voice.sip.registrar import MemoryBindings

REALM = "civicline"
AWAY = ""
"""Stands for the password of a user who cannot be looked up now."""


QUIET: set[str] = set()


def say(event: str, **fields) -> None:
    if event in QUIET:
        return
    sys.stdout.write(json.dumps({"event": event, **fields}) + "\n")
    sys.stdout.flush()


def name(prefix: str, *parts: str) -> str:
    return prefix + hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]


def _account(given: dict) -> Account:
    contact = given.get("contact")
    return Account(**given | {"contact": tuple(contact) if contact else None})


class App:
    def __init__(self, config: dict) -> None:
        self.config = config
        self.shed: int | None = None
        users = config.get("users", {})
        QUIET.update(("invited", "ended") if config.get("quiet") else ())

        self.waiting: list[tuple[Future, str]] = []

        def credentials(user: str) -> dict[str, str] | Future | None:
            if users.get(user) == AWAY:
                raise CredentialsAwayError
            if config.get("looks_up_slowly"):
                self.waiting.append((Future(), user))
                return self.waiting[-1][0]
            return known(user)

        def known(user: str) -> dict[str, str] | None:
            return {alg: ha1(alg, user, REALM, users[user]) for alg in ("MD5", "SHA-256")} if user in users else None

        self.known = known

        self.bindings = MemoryBindings()
        self.trunks = [Trunk("carrier", (net,)) for net in config.get("trunks", ["127.0.0.0/8"])]
        if "carrier" in config:
            given = config["carrier"]
            hosts = tuple((host, port) for host, port in given["hosts"])
            account = _account(given["account"]) if "account" in given else None
            through = tuple(given["through"]) if "through" in given else None
            by = given.get("transport", "udp")
            self.trunks.append(
                Trunk("ours", (given.get("network", "192.0.2.0/24"),), "100", hosts, account, through, by)
            )
        self.endpoint = SipEndpoint(
            Options(
                listen=("127.0.0.1", config["port"]),
                name_leg=lambda call_id, tag: name("leg-", call_id, tag),
                name_tag=lambda leg: name("tag-", leg),
                trunks=lambda: self.trunks,
                credentials=credentials,
                admit=lambda: self.shed,
                min_expires_s=config.get("min_expires_s", 60),
                hold_trying=config.get("hold_trying", False),
                now=(lambda: 0.0) if config.get("clock_stands") else time.monotonic,
            ),
            self,
            self.bindings,
        )

    # events
    def invited(self, invite):
        fields = vars(invite) | {"source": list(invite.source)}
        say("invited", **fields)
        auto = self.config.get("auto_answer")
        if auto:
            self.endpoint.dialog(invite.leg)
            self.endpoint.answer(invite.leg, auto)

    def ringing(self, leg):
        say("ringing", leg=leg)

    def answered(self, leg, sdp, dialog):
        say("answered", leg=leg, sdp=sdp, dialog=dialog.decode())

    def acknowledged(self, leg):
        say("acknowledged", leg=leg)

    def failed(self, leg, code, reason):
        say("failed", leg=leg, code=code)

    def ended(self, leg, by):
        say("ended", leg=leg, by=by)

    def reoffered(self, leg, sdp):
        say("reoffered", leg=leg, sdp=sdp)
        return self.config.get("reanswer")

    def referred(self, leg, to_user):
        say("referred", leg=leg, to_user=to_user)
        return False

    def reinvited(self, leg, sdp, code):
        say("reinvited", leg=leg, sdp=sdp, code=code)

    def alive(self, leg, ok):
        say("alive", leg=leg, ok=ok)

    def registered(self, user, contact_uri, expires_s):
        say("registered", user=user, contact=contact_uri, expires_s=expires_s)

    # commands
    def do(self, command: dict) -> None:
        what = command.pop("do")
        result = getattr(self, f"do_{what}", None) or getattr(self.endpoint, what)
        say("did", what=what, result=result(**command))

    def do_dialog(self, leg):
        saved = self.endpoint.dialog(leg)
        return saved.decode() if saved else None

    def do_trying(self, leg):
        return self.endpoint.trying(leg)

    def do_rehydrate(self, leg, dialog, local_sdp="", waits=False):
        try:
            return self.endpoint.rehydrate(leg, dialog.encode(), local_sdp, waits=waits)
        except DialogError as error:
            return str(error)

    def do_ring(self, leg, target, to_user, sdp, caller_id, ids):
        return self.endpoint.ring(leg, target, to_user, sdp, caller_id, DialogIds(**ids))

    def do_call_out(self, leg, number, sdp):
        ids = lambda host: DialogIds(f"call-{leg}-{host}", f"tag-{leg}", f"z9hG4bK{leg}{host}", 1)  # noqa: E731
        return self.endpoint.call_out(leg, number, sdp, self.trunks[-1], ids)

    def do_bind(self, user, contact, host, port):
        self.bindings.put(Binding(user, contact, (host, port), time.time() + 600, time.time()))

    def do_looked_up(self):
        waiting, self.waiting = self.waiting, []
        for future, user in waiting:
            future.set_result(self.known(user))
        return len(waiting)

    def do_shed(self, retry_after_s):
        self.shed = retry_after_s

    def do_legs(self):
        return sorted(self.endpoint.legs())

    def do_held(self):
        """How many dialogs and transactions Sippy knows."""
        manager = self.endpoint._transactions
        return [sum(map(len, manager.req_consumers.values())), len(manager.tserver), len(manager.tclient)]

    def do_cpu_s(self):
        return time.process_time()

    def do_stop(self):
        self.endpoint.stop()


def main() -> None:
    app = App(json.loads(sys.stdin.readline()))
    signal.signal(signal.SIGTERM, lambda *_: app.endpoint.stop())

    def read() -> None:
        for line in sys.stdin:
            app.endpoint.call_soon(partial(app.do, json.loads(line)))
        app.endpoint.stop()

    say("ready", port=app.endpoint.address[1])
    threading.Thread(target=read, daemon=True).start()
    app.endpoint.run()
    app.endpoint.close()


if __name__ == "__main__":
    main()
