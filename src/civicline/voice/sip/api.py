"""What the voice application sees of SIP: legs, events, and nothing of contacts.

An `Endpoint` (endpoint.py) owns the process's main thread. All its methods but `call_soon` and `stop`
must be called on that thread, and every method of `Events` is called there.

A leg is named by the caller of this layer: an arriving call by `Options.name_leg(call_id, from_tag)`, a
call that is made by the name given to `ring`. SDP is text with CRLF line ends. Addresses are
`(host, port)`. Fields that hold personal data are left out of `repr`, so a log line cannot spill them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence, Set
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address, ip_network
from secrets import token_bytes
from typing import Protocol

Address = tuple[str, int]


class EndedBy(StrEnum):
    """Why the far end's leg is over."""

    BYE = "bye"
    CANCEL = "cancel"
    LOST = "lost"  # 481 or 408 inside the dialog, or no ACK for our 200 within 32 s


@dataclass(frozen=True)
class Account:
    """Ours at a carrier. Without `expires_s` it signs calls only."""

    user: str
    password: str = field(repr=False)
    expires_s: int = 0
    contact: Address | None = None
    """Where the carrier is to call, if that is not this endpoint."""


@dataclass(frozen=True)
class Trunk:
    """A carrier: calls are taken only from its networks ("203.0.113.0/28", or one address). Requests go to its hosts,
    or to a proxy, `through`, which brings them there by `transport`."""

    name: str
    networks: tuple[str, ...]
    caller_id: str = ""
    hosts: tuple[Address, ...] = ()
    account: Account | None = None
    through: Address | None = None
    transport: str = "udp"

    @property
    def reached_at(self) -> tuple[Address, ...]:
        return self.hosts if self.through is None else (self.through,)

    def has(self, host: str) -> bool:
        return any(ip_address(host) in ip_network(text, strict=False) for text in self.networks)


@dataclass(frozen=True)
class Invite:
    """An arriving call. A retransmission makes no second one, unless the process was restarted between."""

    leg: str
    call_id: str = field(repr=False)
    from_tag: str = field(repr=False)
    from_user: str = field(repr=False)
    from_name: str = field(repr=False)
    to_user: str = field(repr=False)  # of the request URI: the number that was dialled
    asserted_user: str | None = field(repr=False)  # P-Asserted-Identity, RFC 3325; from a trunk only
    private: bool  # Privacy: id, or an anonymous From
    source: Address = field(repr=False)
    sdp: str | None = field(repr=False)
    trunk: str


@dataclass(frozen=True)
class DialogIds:
    """The names in an INVITE that we send, fixed before it leaves, so that it can be sent again."""

    call_id: str
    from_tag: str
    branch: str  # must begin with z9hG4bK, RFC 3261 section 8.1.1.7
    cseq: int  # 1 … 2**31 - 1000


@dataclass(frozen=True)
class Binding:
    """Where a registered user's phone is: `contact` is its URI, `source` where its REGISTER came from."""

    user: str
    contact: str = field(repr=False)
    source: Address = field(repr=False)
    expires_at: float  # seconds since 1970, UTC
    registered_at: float  # its latest REGISTER, seconds since 1970, UTC
    call_id: str = field(default="", repr=False)
    cseq: int = 0


class Bindings(Protocol):
    """The store of registrations; it drops what has expired."""

    def put(self, binding: Binding) -> None: ...
    def drop(self, user: str, contact: str | None) -> None:
        """Forget one contact of the user, or all of them (None)."""

    def of(self, user: str) -> Sequence[Binding]: ...
    def user_at(self, source: Address) -> str | None:
        """The user whose phone sends from this address."""

    def knows(self, host: str, user: str = "") -> bool:
        """Whether a phone (of that user) is or lately was registered from this host."""


class Events(Protocol):
    """What the endpoint tells the application, on the loop's thread."""

    def invited(self, invite: Invite) -> None: ...
    def ringing(self, leg: str) -> None: ...
    def answered(self, leg: str, sdp: str | None, dialog: bytes) -> None:
        """The phone took the call; the ACK is on its way. Store `dialog` to survive a restart."""

    def acknowledged(self, leg: str) -> None:
        """The ACK to a 200 of ours has come: the far end is where its INVITE said."""

    def failed(self, leg: str, code: int, reason: str) -> None:
        """Our call was not taken: 486 busy, 603 declined, 480 or 408 unreachable or no answer."""

    def ended(self, leg: str, by: EndedBy) -> None:
        """The leg is over, by the far end or because it was lost. Not called for our own `hang_up`."""

    def reoffered(self, leg: str, sdp: str | None) -> str | None:
        """The far end's re-INVITE: return the answer (or our offer where `sdp` is None), or None for 488."""

    def referred(self, leg: str, to_user: str) -> bool:
        """The far end asks by REFER to pass its party on to `to_user`: False refuses (603). When it is done, or has
        failed, say so by `Endpoint.refer_over`."""

    def reinvited(self, leg: str, sdp: str | None, code: int) -> None:
        """The outcome of our `reinvite`: 200 with the far end's answer, or the code that refused it."""

    def alive(self, leg: str, ok: bool) -> None: ...
    def registered(self, user: str, contact_uri: str, expires_s: int) -> None:
        """`expires_s` is 0 when the phone unregistered."""


class Timer(Protocol):
    def cancel(self) -> None: ...


class Sender(Protocol):
    """The sending half of a UDP socket on the loop."""

    address: Address

    def send(self, data: bytes, to: Address) -> None: ...
    def close(self) -> None: ...


class CredentialsAwayError(Exception):
    """Whether there is such a user cannot be told now."""


Known = Mapping[str, str] | None
Credentials = Callable[[str], "Known | Future[Known]"]


def _nobody(user: str) -> Known:
    return None


def _admit() -> int | None:
    return None


@dataclass(frozen=True)
class Options:
    """How the endpoint listens and whom it serves.

    `name_leg(call_id, from_tag)` and `name_tag(leg)` must give the same answer after a restart.
    `credentials(user)` gives HA1 by algorithm ("MD5", "SHA-256") for `realm`, in hex, or None; or a future of it, where
    that takes a while: the loop does not wait. Either may raise CredentialsAwayError: the phone is told to come again.
    `trunks()` are the carriers that hold now.
    `admit()` is asked for every new call: None takes it, a number refuses it with 503 and that Retry-After
    in seconds. It runs before the request is parsed: it must be quick.
    """

    listen: Address
    name_leg: Callable[[str, str], str]
    name_tag: Callable[[str], str]
    secret: bytes = field(repr=False, default_factory=lambda: token_bytes(32))
    """Keys the nonces of the registrar. Each process has its own, as it has its own counts of how often each nonce was
    used: with a shared one, what was overheard here could be sent again at another node, or after a restart."""

    advertise: Address | None = None  # what Via and Contact say, where it is not `listen`
    trunks: Callable[[], Sequence[Trunk]] = tuple
    credentials: Credentials = _nobody
    admit: Callable[[], int | None] = _admit
    realm: str = "civicline"
    agent: str = "Civicline"
    min_expires_s: int = 60
    max_expires_s: int = 3600
    nonce_s: int = 120
    hold_ack: bool = False  # the ACK to a phone's 200 waits for `Endpoint.acknowledge`
    hold_trying: bool = False  # the 100 to a new call waits for `Endpoint.trying`
    algorithms: tuple[str, ...] = ("MD5",)  # ("SHA-256", "MD5") stops phones that know only MD5: baresip 1.0
    now: Callable[[], float] = time.monotonic  # of the pauses after wrong passwords
    nat: bool = False  # replace a private Contact by the address that its message came from


class Endpoint(Protocol):
    """Legs. A method named for a leg that is unknown or already over does nothing and returns False."""

    def dialog(self, leg: str) -> bytes | None:
        """The leg's saved fields. For an arriving call they are complete before `answer` is called."""

    def trying(self, leg: str) -> bool:
        """100 Trying, held back by `Options.hold_trying` until the call is stored: whoever has it waits."""

    def answer(self, leg: str, sdp: str) -> bool:
        """200 OK to an arriving call, retransmitted until its ACK."""

    def ring_back(self, leg: str, sdp: str | None = None) -> bool:
        """180 Ringing, or 183 Session Progress with SDP."""

    def refuse(self, leg: str, code: int, reason: str, retry_after_s: int | None = None) -> bool: ...
    def ring(
        self,
        leg: str,
        target: str,
        to_user: str,
        sdp: str,
        caller_id: str,
        ids: DialogIds,
        *,
        name: str = "",
        via: Address | None = None,
    ) -> bool:
        """INVITE the phone at the SIP URI `target`. Called again after a restart with the same `ids`, it
        is a retransmission: the phone repeats its last response and does not ring again. `via` is the
        address to send to where it is not the URI's."""

    def call_out(self, leg: str, number: str, sdp: str, trunk: Trunk, ids: Callable[[int], DialogIds]) -> bool:
        """INVITE `number` by the trunk's hosts, one after another where one is away or answers 5xx. `ids(n)` are the
        names of the attempt at host `n`: the same after a restart. Challenges are answered with the trunk's account."""

    def acknowledge(self, leg: str) -> bool:
        """Send the ACK to a phone's 200, held back by `Options.hold_ack` until the answer is stored. So does a BYE."""

    def hang_up(self, leg: str) -> bool:
        """BYE, CANCEL or a final answer, whatever the leg's state needs."""

    def reinvite(self, leg: str, sdp: str) -> bool:
        """Offer new media. While another re-INVITE is under way, the latest offer waits for its end."""

    def refer_over(self, leg: str, ok: bool) -> bool:
        """Tell the far end by NOTIFY what became of its REFER (RFC 3515 section 2.4.5)."""

    def keep_alive(self, leg: str) -> bool:
        """Ask the far end whether the dialog still lives; `Events.alive` tells."""

    def rehydrate(self, leg: str, dialog: bytes, local_sdp: str = "", *, waits: bool = False) -> bool:
        """Take up a leg that another process had answered or rung, from its saved fields; `local_sdp` is what we said
        last, where that is known. `waits`: it is a caller whom nobody has answered; `answer`, `refuse` or `hang_up`
        does. Raises DialogError."""

    def heard_from(self, leg: str) -> str:
        """The host that its last INVITE, or the last answer to one of ours, came from; "" where that is not known."""

    def legs(self) -> Set[str]: ...
    def half_open(self) -> int:
        """How many arriving calls were answered and have not sent their ACK yet."""

    def call_soon(self, fn: Callable[[], None]) -> None:
        """Run on the loop. May be called from any thread."""

    def call_later(self, seconds: float, fn: Callable[[], None]) -> Timer: ...
    def udp(self, listen: Address, on_datagram: Callable[[bytes, Address], None]) -> Sender: ...
    def run(self) -> None:
        """Serve until `stop`."""

    def stop(self) -> None: ...
