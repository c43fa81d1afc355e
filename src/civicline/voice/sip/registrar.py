"""The registrar: where each representative's phone is (RFC 3261 section 10.3), signed in by digest."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

from civicline.voice.sip.api import Address, Binding, Bindings, Credentials, CredentialsAwayError, Known, Options
from civicline.voice.sip.digest import Digest, Verdict, parse
from civicline.voice.sip.guesses import Guesses
from civicline.voice.sip.messages import header, reply, value

MOST_CONTACTS = 5  # of one REGISTER
MOST_CONTACTS_KEPT = 10  # of one user; each is rung
KNOWN_FOR_S = 4 * 86_400.0
"""So long after its registration ran out a phone's host is still known: neither a power cut nor a long weekend may make
it a stranger, whom a guesser at its user's password could hold off."""
MOST_HOMES = 10_000
"""Of one host each; beyond, the half that would be forgotten first is."""

Registered = Callable[[str, str, int], None]
Respond = Callable[[Any, Any, Callable[[], Any]], None]


class MemoryBindings:
    """Bindings in memory: enough for one process and for tests."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._by_user: dict[str, dict[str, Binding]] = {}
        self._user_at: dict[Address, str] = {}
        self._homes: dict[tuple[str, str], float] = {}

    def put(self, binding: Binding) -> None:
        """In place of what that contact had; of a user's contacts the newest are kept."""
        contacts = {**self._by_user.get(binding.user, {}), binding.contact: binding}
        newest = sorted(contacts.values(), key=lambda each: each.registered_at, reverse=True)[:MOST_CONTACTS_KEPT]
        self._keep(binding.user, {each.contact: each for each in newest})
        self.know(binding)

    def know(self, binding: Binding) -> None:
        """Its host, though it may have run out."""
        if len(self._homes) > MOST_HOMES:
            latest = sorted(self._homes.items(), key=lambda home: home[1])
            self._homes = dict(latest[len(latest) // 2 :])
        for home in ((binding.user, binding.source[0]), ("", binding.source[0])):
            self._homes[home] = max(self._homes.get(home, 0.0), binding.expires_at + KNOWN_FOR_S)

    def drop(self, user: str, contact: str | None) -> None:
        contacts = self._by_user.get(user, {})
        self._keep(user, {each: contacts[each] for each in contacts if contact not in (None, each)})

    def of(self, user: str) -> list[Binding]:
        """Those that hold now, the latest registered first: a phone that was switched off without a word ranks last."""
        contacts = self._by_user.get(user, {})
        kept = {contact: binding for contact, binding in contacts.items() if binding.expires_at > self._now()}
        if len(kept) < len(contacts):
            self._keep(user, kept)
        return sorted(kept.values(), key=lambda binding: binding.registered_at, reverse=True)

    def _keep(self, user: str, contacts: dict[str, Binding]) -> None:
        """These, and nothing of the others: a phone behind a NAT may come from another port each time."""
        for gone in self._by_user.pop(user, {}).values():
            if self._user_at.get(gone.source) == user:
                del self._user_at[gone.source]
        for binding in contacts.values():
            self._user_at[binding.source] = user
        if contacts:
            self._by_user[user] = contacts

    def all(self) -> list[Binding]:
        return [binding for user in list(self._by_user) for binding in self.of(user)]

    def user_at(self, source: Address) -> str | None:
        user = self._user_at.get(source)
        return user if user is not None and any(found.source == source for found in self.of(user)) else None

    def knows(self, host: str, user: str = "") -> bool:
        return self._homes.get((user, host), 0.0) > self._now()


AWAY_S = 2
"""PostgreSQL is back by then, as a rule."""


class Registrar:
    """`respond(request, transaction, make)` sends what `make` makes, on the loop; any thread may call it."""

    def __init__(self, options: Options, bindings: Bindings, registered: Registered, respond: Respond) -> None:
        self._options = options
        self._credentials: Credentials = options.credentials
        self._bindings = bindings
        self._registered = registered
        self._respond = respond
        self._digest = Digest(options.realm, options.secret, options.nonce_s, options.algorithms, time.time)
        self._guesses = Guesses(lambda user, host: bindings.knows(host, user), options.now)

    def challenges(self, host: str) -> list[str]:
        """For a REGISTER without a signature, which is answered before it is parsed (door.py)."""
        return self._digest.challenges(stale=False, host=host)

    def answer(self, request: Any, transaction: Any) -> Any:
        """The response to a signed REGISTER; bindings are changed by then. None where it comes later: the password is
        being looked up."""
        fields, source = parse(value(request, "authorization") or ""), request.getSource()
        name = fields.get("username", "")
        if not self._digest.gave(fields.get("nonce", ""), source[0]):
            return self._challenge(request, source[0])
        if (wait_s := self._wait_s(name, source)) > 0.0:
            return _held_off(request, wait_s)
        try:
            found = self._credentials(name)
        except CredentialsAwayError:
            return _come_again(request)
        if not isinstance(found, Future):
            return self._judged(request, fields, found)
        found.add_done_callback(
            lambda done: self._respond(request, transaction, lambda: self._looked_up(request, fields, done))
        )
        return None

    def _looked_up(self, request: Any, fields: Mapping[str, str], done: Future[Known]) -> Any:
        """Others for that user may have been found wrong meanwhile: who asks many times at once guesses no faster."""
        wait_s = self._wait_s(fields.get("username", ""), request.getSource())
        if wait_s > 0.0:
            return _held_off(request, wait_s)
        try:
            return self._judged(request, fields, done.result())
        except CredentialsAwayError:
            return _come_again(request)

    def _wait_s(self, name: str, source: Address) -> float:
        return 0.0 if self._bindings.user_at(source) == name else self._guesses.wait_s(name, source[0])

    def _judged(self, request: Any, fields: Mapping[str, str], known: Known) -> Any:
        user, name = request.getHFBody("to").getUrl().username, fields.get("username", "")
        host = request.getSource()[0]
        verdict = self._digest.check(fields, "REGISTER", known, host)
        if verdict is Verdict.STALE:
            return self._challenge(request, host)
        if verdict is Verdict.BAD or name != user:
            self._guesses.wrong(name, host)
            return reply(request, 403, "Wrong user or password")
        self._guesses.right(name, host)
        return self._bind(request, user)

    def _challenge(self, request: Any, host: str) -> Any:
        challenges = (header("WWW-Authenticate", text) for text in self._digest.challenges(stale=True, host=host))
        return reply(request, 401, "Unauthorized", *challenges)

    def _bind(self, request: Any, user: str) -> Any:
        contacts = [found.getBody() for found in request.getHFs("contact")][: MOST_CONTACTS + 1]
        if len(contacts) > MOST_CONTACTS:
            return reply(request, 400, "Too many contacts")
        if any(contact.asterisk for contact in contacts):
            return self._forget_all(request, user, alone=len(contacts) == 1)
        wanted = [(str(contact.getUrl()), self._expires_s(request, contact)) for contact in contacts]
        if any(0 < expires_s < self._options.min_expires_s for _, expires_s in wanted):
            shortest = header("Min-Expires", str(self._options.min_expires_s))
            return reply(request, 423, "Interval Too Brief", shortest)
        if self._out_of_order(request, user):
            return reply(request, 500, "Out of order")
        for contact, expires_s in wanted:
            self._change(request, user, contact, min(expires_s, self._options.max_expires_s))
        return self._listing(request, user)

    def _forget_all(self, request: Any, user: str, alone: bool) -> Any:
        if not alone or value(request, "expires") != "0":
            return reply(request, 400, "Contact * must stand alone, with Expires: 0")
        for binding in self._bindings.of(user):
            self._registered(user, binding.contact, 0)
        self._bindings.drop(user, None)
        return self._listing(request, user)

    def _change(self, request: Any, user: str, contact: str, expires_s: int) -> None:
        if expires_s == 0:
            self._bindings.drop(user, contact)
        else:
            call_id, cseq = _order(request)
            now = time.time()
            self._bindings.put(Binding(user, contact, request.getSource(), now + expires_s, now, call_id, cseq))
        self._registered(user, contact, expires_s)

    def _out_of_order(self, request: Any, user: str) -> bool:
        call_id, cseq = _order(request)
        return any(found.call_id == call_id and found.cseq >= cseq for found in self._bindings.of(user))

    def _expires_s(self, request: Any, contact: Any) -> int:
        texts = (contact.address.getParam("expires"), value(request, "expires"))
        return next((int(text) for text in texts if text and text.isdecimal()), self._options.max_expires_s)

    def _listing(self, request: Any, user: str) -> Any:
        now = time.time()
        contacts = (
            header("Contact", f"<{binding.contact}>;expires={max(1, round(binding.expires_at - now))}")
            for binding in self._bindings.of(user)
        )
        return reply(request, 200, "OK", *contacts)


def _held_off(request: Any, wait_s: float) -> Any:
    return reply(request, 503, "Too many wrong passwords", header("Retry-After", str(math.ceil(wait_s))))


def _come_again(request: Any) -> Any:
    return reply(request, 503, "Try again", header("Retry-After", str(AWAY_S)))


def _order(request: Any) -> tuple[str, int]:
    return str(request.getHFBody("call-id")), request.getHFBody("cseq").getCSeqNum()
