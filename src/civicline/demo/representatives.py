"""The process of the made-up representatives: `python -m civicline.demo.representatives`.

Their telephones know SIP and RTP only and run on the main thread; their desks follow the journal on another one.
"""

from __future__ import annotations

import argparse
import logging
import random
import signal
import threading

from civicline import settings as settings_module
from civicline.commands import django_setup
from civicline.database.urls import urls
from civicline.demo import sign_ins
from civicline.demo.log import Log
from civicline.demo.phones import Phones
from civicline.settings import Settings

LEAVE_S = 2.0


def run(settings: Settings, users: list[str], host: str) -> None:
    from civicline.demo.desks import Desks

    passwords = sign_ins.load(settings).sip
    chance = random.Random()  # noqa: S311 -- people, not keys
    log = Log(sign_ins.folder(settings) / "representatives.jsonl")
    server = (settings.sip.host, settings.sip.port)
    phones = Phones(host, server, {user: passwords[user] for user in users}, log, chance)
    desks = Desks(urls(settings).app, users, chance)
    stopping = threading.Event()
    thread = threading.Thread(target=desks.run, args=(stopping,), name="desks", daemon=True)

    def stop(*_: object) -> None:
        stopping.set()
        phones.line.call_soon(lambda: _leave(phones))

    signal.signal(signal.SIGTERM, stop)
    thread.start()
    phones.line.run()
    thread.join(LEAVE_S)
    desks.leave()


def _leave(phones: Phones) -> None:
    phones.leave(phones.line.stop)
    phones.line.call_later(LEAVE_S, phones.line.stop)


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    parser = argparse.ArgumentParser()
    parser.add_argument("--users", required=True, help="comma-separated")
    parser.add_argument("--host", default="127.0.0.1")
    given = parser.parse_args()
    django_setup.setup()
    run(settings_module.load(), given.users.split(","), given.host)


if __name__ == "__main__":
    main()
