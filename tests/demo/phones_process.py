"""Telephones without desks: `phones_process.py SERVER_PORT LOG USERS`; says its port, then who is registered.

USERS is a JSON object: password by user.
"""

from __future__ import annotations

import json
import random
import signal
import sys
from pathlib import Path

from civicline.demo import phones as demo_phones
from civicline.demo.log import Log
from civicline.demo.phones import Phones


def say(user: str, ok: bool) -> None:
    print(json.dumps([user, ok]), flush=True)


def main(port: str, log: str, users: str) -> None:
    demo_phones.MANNERS = {demo_phones.PICKS_UP: 1.0}
    demo_phones.PICK_UP_S = (0.1, 0.3)
    demo_phones.TALK_S = 2.0
    server, chance = ("127.0.0.1", int(port)), random.Random(1)
    phones = Phones("127.0.0.1", server, json.loads(users), Log(Path(log)), chance, say)
    print(json.dumps(phones.line.address), flush=True)
    stop = phones.line.stop if not json.loads(users) else lambda: phones.leave(phones.line.stop)
    signal.signal(signal.SIGTERM, lambda *_: phones.line.call_soon(stop))
    phones.line.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
