"""Digest sign-in of phones: RFC 7616 with MD5 and SHA-256 (RFC 8760), qop auth only.

A nonce is a time, a random part and a keyed hash of both, so that none is stored when it is given out. What
is stored is the last count that a phone used with a nonce, until that nonce is too old: a request that was
listened to cannot be sent again with another Contact, nor to another process, whose key is another. A phone that signs
with a nonce of another process is told that it is stale, and signs again without asking anybody.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from secrets import token_hex

HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}
FIELD = re.compile(r'\b(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))')
"""A name begins where a word does: from any other position of a long one there is nothing to try."""
MOST_NONCES = 100_000


class Verdict(Enum):
    GOOD = "good"
    STALE = "stale"  # right, but the nonce is too old or its count was used: challenge again
    BAD = "bad"


def parse(header: str) -> dict[str, str]:
    """The fields of an Authorization header, names in lower case."""
    return {name.lower(): quoted or plain for name, quoted, plain in FIELD.findall(header)}


def ha1(algorithm: str, user: str, realm: str, password: str) -> str:
    """What is stored instead of a password."""
    return HASHES[algorithm](f"{user}:{realm}:{password}".encode()).hexdigest()


def response(algorithm: str, secret: str, fields: Mapping[str, str], method: str) -> str:
    """The response that RFC 7616 section 3.4.1 asks of `fields`."""
    digest = HASHES[algorithm]
    ha2 = digest(f"{method}:{fields['uri']}".encode()).hexdigest()
    middle = [fields["nonce"], fields["nc"], fields["cnonce"], fields["qop"]]
    return digest(":".join([secret, *middle, ha2]).encode()).hexdigest()


@dataclass
class Digest:
    realm: str
    secret: bytes = field(repr=False)
    nonce_s: int
    algorithms: tuple[str, ...]
    now: Callable[[], float]
    _counts: dict[str, int] = field(default_factory=dict)

    def challenges(self, stale: bool, host: str = "") -> list[str]:
        """One WWW-Authenticate value for each algorithm, in the order of preference, good at `host` only."""
        nonce = self._nonce(f"{int(self.now())}.{token_hex(8)}", host)
        more = ", stale=true" if stale else ""
        return [
            f'Digest realm="{self.realm}", nonce="{nonce}", qop="auth", algorithm={algorithm}{more}'
            for algorithm in self.algorithms
        ]

    def gave(self, nonce: str, host: str = "") -> bool:
        """Whether we gave that nonce to that host, however long ago."""
        return hmac.compare_digest(nonce.encode(), self._nonce(nonce.rpartition(".")[0], host).encode())

    def check(self, fields: Mapping[str, str], method: str, known: Mapping[str, str] | None, host: str = "") -> Verdict:
        """`known` is the user's HA1 by algorithm, None for nobody. Takes the same time for nobody."""
        algorithm = fields.get("algorithm", "MD5").upper()
        if algorithm not in self.algorithms or not _complete(fields) or fields["realm"] != self.realm:
            return Verdict.BAD
        secret = (known or {}).get(algorithm, "")
        expected = response(algorithm, secret, fields, method)
        right = hmac.compare_digest(expected.encode(), fields["response"].lower().encode())
        if not (right and secret):
            return Verdict.BAD
        return Verdict.GOOD if self._fresh(fields["nonce"], int(fields["nc"], 16), host) else Verdict.STALE

    def _fresh(self, nonce: str, count: int, host: str) -> bool:
        if not self.gave(nonce, host) or self._age_s(nonce) > self.nonce_s or self._counts.get(nonce, 0) >= count:
            return False
        if len(self._counts) >= MOST_NONCES:
            self._drop_old()
        self._counts[nonce] = count
        return True

    def _age_s(self, nonce: str) -> float:
        """Of a nonce that we gave."""
        return self.now() - int(nonce.partition(".")[0])

    def _nonce(self, start: str, host: str) -> str:
        mark = hmac.new(self.secret, f"nonce {start} {host}".encode(), hashlib.sha256).hexdigest()
        return f"{start}.{mark[:32]}"

    def _drop_old(self) -> None:
        for nonce in [nonce for nonce in self._counts if self._age_s(nonce) > self.nonce_s]:
            del self._counts[nonce]


def _complete(fields: Mapping[str, str]) -> bool:
    names = ("username", "realm", "nonce", "uri", "response", "nc", "cnonce")
    has_all = all(fields.get(name) for name in names) and fields.get("qop") == "auth"
    return has_all and re.fullmatch(r"[0-9a-fA-F]{1,8}", fields["nc"]) is not None
