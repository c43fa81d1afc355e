"""A SIP endpoint as telephones have it: it also registers."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from civicline.voice.sip.api import Address, DialogIds, Events, Options, Trunk
from civicline.voice.sip.endpoint import SipEndpoint
from civicline.voice.sip.registrar import MemoryBindings

MOST_CSEQ = 10_000


class Line(SipEndpoint):
    """Listens on `port` of `host`, 0 for a free one; takes calls from the host `server` only."""

    def __init__(self, host: str, server: str, events: Events, port: int = 0) -> None:
        options = Options(
            listen=(host, port),
            name_leg=lambda call_id, tag: f"{call_id} {tag}",
            name_tag=lambda leg: secrets.token_hex(8),
            secret=secrets.token_bytes(16),
            trunks=lambda: (Trunk("server", (server,)),),
            agent="Civicline demonstration",
        )
        super().__init__(options, events, MemoryBindings())

    def request(self, message: Any, answered: Callable[[Any], None]) -> None:
        """Send a request outside any call; `answered` gets every response, 408 when there was none."""
        self._transactions.newTransaction(message, answered)


def new_names() -> DialogIds:
    return DialogIds(
        call_id=secrets.token_hex(12),
        from_tag=secrets.token_hex(8),
        branch="z9hG4bK" + secrets.token_hex(12),
        cseq=1 + secrets.randbelow(MOST_CSEQ),
    )


def uri(user: str, at: Address) -> str:
    return f"sip:{user}@{at[0]}:{at[1]}"
