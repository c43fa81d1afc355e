"""A registrar of our own SIP endpoint: `registrar_process.py USER PASSWORD`; says what registers, as JSON lines."""

from __future__ import annotations

import json
import sys

from civicline.voice.sip.api import Options
from civicline.voice.sip.digest import ha1
from civicline.voice.sip.endpoint import SipEndpoint
from civicline.voice.sip.registrar import MemoryBindings


class Registrar:
    def __init__(self, user: str, password: str) -> None:
        known = {algorithm: ha1(algorithm, user, "civicline", password) for algorithm in ("MD5", "SHA-256")}
        options = Options(
            listen=("127.0.0.1", 0),
            name_leg=lambda call_id, tag: call_id,
            name_tag=lambda leg: leg,
            secret=b"a test's",
            credentials=lambda name: known if name == user else None,
        )
        self.endpoint = SipEndpoint(options, self, MemoryBindings())

    def registered(self, user: str, contact_uri: str, expires_s: int) -> None:
        print(json.dumps([user, contact_uri, expires_s]), flush=True)


if __name__ == "__main__":
    registrar = Registrar(*sys.argv[1:])
    print(json.dumps(registrar.endpoint.address), flush=True)
    registrar.endpoint.run()
