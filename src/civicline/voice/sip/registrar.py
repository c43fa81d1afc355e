"""The registrar: where each representative's phone is (RFC 3261 section 10.3), signed in by digest."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from civicline.voice.sip.api import Address, Binding, Bindings, Credentials, Options
from civicline.voice.sip.digest import Digest, Verdict, parse
from civicline.voice.sip.messages import header, reply, value

MOST_CONTACTS = 5  # of one REGISTER

Registered = Callable[[str, str, int], None]


class MemoryBindings:
    """Bindings in memory: enough for one process and for tests."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._by_user: dict[str, dict[str, Binding]] = {}

    def put(self, binding: Binding) -> None:
        self._by_user.setdefault(binding.user, {})[binding.contact] = binding

    def drop(self, user: str, contact: str | None) -> None:
        if contact is None:
            self._by_user.pop(user, None)
        else:
            self._by_user.get(user, {}).pop(contact, None)

    def of(self, user: str) -> list[Binding]:
        """Those that hold now, the latest first: a phone that was switched off without a word ranks last."""
        kept = {
            contact: binding
            for contact, binding in self._by_user.get(user, {}).items()
            if binding.expires_at > self._now()
        }
        self._by_user[user] = kept
        return sorted(kept.values(), key=lambda binding: binding.expires_at, reverse=True)

    def user_at(self, source: Address) -> str | None:
        now = self._now()
        for user, bindings in self._by_user.items():
            for found in bindings.values():
                if found.source == source and found.expires_at > now:
                    return user
        return None


class Registrar:
    def __init__(self, options: Options, bindings: Bindings, registered: Registered) -> None:
        self._options = options
        self._credentials: Credentials = options.credentials
        self._bindings = bindings
        self._registered = registered
        self._digest = Digest(options.realm, options.secret, options.nonce_s, options.algorithms, time.time)

    def answer(self, request: Any) -> Any:
        """The response to a REGISTER; bindings are changed by then."""
        user = request.getHFBody("to").getUrl().username
        fields = parse(value(request, "authorization") or "")
        if not fields:
            return self._challenge(request, stale=False)
        verdict = self._digest.check(fields, "REGISTER", self._credentials(fields.get("username", "")))
        if verdict is Verdict.STALE:
            return self._challenge(request, stale=True)
        if verdict is Verdict.BAD or fields["username"] != user:
            return reply(request, 403, "Wrong user or password")
        return self._bind(request, user)

    def _challenge(self, request: Any, stale: bool) -> Any:
        challenges = (header("WWW-Authenticate", text) for text in self._digest.challenges(stale))
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
            until = time.time() + expires_s
            self._bindings.put(Binding(user, contact, request.getSource(), until, call_id, cseq))
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


def _order(request: Any) -> tuple[str, int]:
    return str(request.getHFBody("call-id")), request.getHFBody("cseq").getCSeqNum()
