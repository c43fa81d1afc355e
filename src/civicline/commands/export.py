"""`civicline export recording CONTACT OUT.wav --by NAME`: a recording for somebody allowed."""

from __future__ import annotations

import argparse
import getpass
import sys
from pathlib import Path

from civicline.commands import django_setup, output
from civicline.commands.errors import UsageError
from civicline.database.urls import urls
from civicline.journal.connect import connect
from civicline.settings import Settings

PLACE = "command line"
"""Counts failed passwords like a network address."""


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="WHAT", required=True)
    one = actions.add_parser(
        "recording",
        help="a contact's recording as WAV: caller left, representative right, gaps silent and marked",
        formatter_class=argparse.RawTextHelpFormatter,
        epilog="The journal keeps who exported what. The password is asked on the terminal, or is one line of standard"
        " input.\nExample: civicline export recording 5f0c… talk.wav --by sam.whitaker",
    )
    one.add_argument("contact", metavar="CONTACT", help="the contact's id")
    one.add_argument("out", metavar="OUT.wav", type=Path, help="the file to write; only you may read it")
    one.add_argument("--by", metavar="NAME", required=True, help="who exports: the id in staff.yaml")
    output.add_json(one)
    parser.epilog = "Example: civicline export recording 5f0c… talk.wav --by sam.whitaker"


def run(args: argparse.Namespace, settings: Settings) -> int:
    django_setup.setup()
    from civicline.people import keyset
    from civicline.people.actions import sign_in
    from civicline.recordings import actions, store

    if args.out.exists():
        raise UsageError(f"{args.out} is there already: name another file, or remove it")
    found = sign_in(args.by, _password(), PLACE)
    if found.staff is None:
        wait = f"wait {found.wait_s} s and try again" if found.wait_s else "try again"
        raise UsageError(f"that is not the password of {args.by}: {wait}")
    keys = keyset.load(settings.keyset)
    with connect(urls(settings).app, "export") as conn:
        done = actions.export(conn, keys, store.folder(settings.data), args.contact, args.out, found.staff)
    marks = [
        {"from_s": round(m.start_s, 2), "to_s": round(m.end_s, 2), "why": m.why, "left_out_s": round(m.left_out_s, 2)}
        for m in done.marks
    ]
    cut = "; it is cut: its writer was killed" if done.cut else ""
    print(f"{args.out}: {done.lasted_s:.1f} s{cut}", file=sys.stderr)
    output.show(marks, args.json)
    return 0


def _password() -> str:
    return getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
