"""`civicline staff list|password|phone`: sign-ins and telephones of the people in the pack."""

from __future__ import annotations

import argparse
import getpass
import sys

import psycopg

from civicline.commands import django_setup, output
from civicline.commands.errors import UsageError
from civicline.database.urls import urls
from civicline.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listed = actions.add_parser("list", help="who may sign in")
    output.add_json(listed)
    word = actions.add_parser(
        "password",
        help="set the password that somebody signs in with",
        epilog="Reads it from the terminal, or one line from standard input.\n"
        "Example: civicline staff password amara.okafor",
    )
    phone = actions.add_parser(
        "phone",
        help="make a new password for somebody's telephone, and print its account",
        epilog="The password is shown once and not kept.\nExample: civicline staff phone amara.okafor",
    )
    for each in (word, phone):
        each.add_argument("name", metavar="NAME", help="the id in staff.yaml")
        each.formatter_class = argparse.RawTextHelpFormatter
    output.add_json(phone)
    parser.epilog = "Example: civicline staff phone amara.okafor"


def run(args: argparse.Namespace, settings: Settings) -> int:
    django_setup.setup()
    return {"list": _list, "password": _password, "phone": _phone}[args.action](args, settings)


def _list(args: argparse.Namespace, settings: Settings) -> int:
    from civicline.people.models import Staff

    output.show(
        [
            {"id": each.username, "name": each.display_name, "role": each.role, "password": each.has_usable_password()}
            for each in Staff.objects.filter(is_active=True).order_by("username")
        ],
        args.json,
    )
    return 0


def _password(args: argparse.Namespace, settings: Settings) -> int:
    from civicline.people.actions import set_password

    set_password(args.name, _asked())
    print(f"{args.name} can sign in at http://{settings.http}/sign-in")
    return 0


def _asked() -> str:
    """Twice on a terminal; otherwise one line of standard input. Never an argument, which others could see."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    word = getpass.getpass("New password: ")
    if getpass.getpass("Once more: ") != word:
        raise UsageError("the two were not the same: nothing was changed")
    return word


def _phone(args: argparse.Namespace, settings: Settings) -> int:
    from civicline.people.models import Staff
    from civicline.phones import accounts

    if not Staff.objects.filter(username=args.name, is_active=True).exists():
        raise UsageError(f"{args.name} is not on the staff: name them in staff.yaml and load the agency first")
    word = accounts.new_password()
    with psycopg.connect(urls(settings).app) as conn:
        accounts.set_password(conn, args.name, word)
    account = {"user": args.name, "password": word, "registrar": f"sip:{settings.sip}", "realm": accounts.REALM}
    output.show([account], args.json)
    return 0
