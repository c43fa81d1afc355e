"""`civicline keyset create|check|add|rotate|wrap|retire`: the keyset of an installation."""

from __future__ import annotations

import argparse
import sys

from civicline.commands.errors import UsageError
from civicline.settings import Settings

WHAT = """create  the first keyset of an installation
check   look whether the present one can be used
add     a new wrapping key that does not wrap yet: hand the file to every node, restart, then rotate
rotate  let the added key wrap, or a new one, and wrap every stored key anew by it; while everything runs
wrap    wrap anew what an old key wrapped, the keyset stays: after the last node has the rotated file
retire  take the old wrapping keys out, to a file beside (.retired): backups from before the rotation need them"""
CHANGES = ("add", "rotate", "wrap", "retire")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["create", "check", *CHANGES], help=WHAT)
    parser.epilog = (
        "Keep a copy apart from the backups of the database: without it, sealed fields cannot be read.\n"
        "Where one file serves all processes of one machine, rotate alone does it; where they have copies, add first.\n"
        "Example: CIVICLINE_KEYSET=/etc/civicline/keyset.json civicline keyset create"
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    from civicline.people import keyset

    if args.action == "create" and not keyset.create(settings.keyset):
        raise UsageError(f"there is a keyset at {settings.keyset} already: it was left as it is")
    keyset.load(settings.keyset)
    if args.action in CHANGES:
        print(_changed(args.action, settings), file=sys.stderr)
    print(f"the keyset {settings.keyset} can be used", file=sys.stderr)
    return 0


def _changed(action: str, settings: Settings) -> str:
    from civicline.database.urls import urls
    from civicline.journal.connect import connect
    from civicline.people import rotation

    path = settings.keyset
    if action == "add":
        rotation.add(path)
        return "a wrapping key was added: hand the file to every node and restart there, then `civicline keyset rotate`"
    with connect(urls(settings).app, "keyset") as conn:
        if action == "retire":
            number = rotation.retire(path, conn)
            return f"{number} old wrapping keys were taken out; {rotation.retired(path)} has what was taken out so far"
        done = rotation.rotate(path, conn) if action == "rotate" else rotation.wrap(path, conn)
        return f"{done} stored keys were wrapped anew"
