"""`civicline keyset create|check|rotate|retire`: the keyset of an installation."""

from __future__ import annotations

import argparse
import sys

from civicline.commands.errors import UsageError
from civicline.settings import Settings

WHAT = """create  the first keyset of an installation
check   look whether the present one can be used
rotate  a new wrapping key, and every stored key wrapped anew by it; while everything runs
retire  take the old wrapping keys out: backups from before the rotation then need the old file"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["create", "check", "rotate", "retire"], help=WHAT)
    parser.epilog = (
        "Keep a copy apart from the backups of the database: without it, sealed fields cannot be read.\n"
        "Example: CIVICLINE_KEYSET=/etc/civicline/keyset.json civicline keyset create"
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    from civicline.people import keyset

    if args.action == "create" and not keyset.create(settings.keyset):
        raise UsageError(f"there is a keyset at {settings.keyset} already: it was left as it is")
    keyset.load(settings.keyset)
    if args.action in ("rotate", "retire"):
        print(_changed(args.action, settings), file=sys.stderr)
    print(f"the keyset {settings.keyset} can be used", file=sys.stderr)
    return 0


def _changed(action: str, settings: Settings) -> str:
    from civicline.database.urls import urls
    from civicline.journal.connect import connect
    from civicline.people import rotation

    with connect(urls(settings).app, "keyset") as conn:
        if action == "retire":
            return f"{rotation.retire(settings.keyset, conn)} old wrapping keys were taken out"
        rotation.add_key(settings.keyset)
        return f"{rotation.wrap_all_anew(settings.keyset, conn)} stored keys were wrapped anew"
