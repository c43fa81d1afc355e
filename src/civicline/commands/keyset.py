"""`civicline keyset create`: the first keyset of an installation."""

from __future__ import annotations

import argparse
import sys

from civicline.commands.errors import UsageError
from civicline.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["create", "check"])
    parser.epilog = (
        "Keep a copy apart from the backups of the database: without it, sealed fields cannot be read.\n"
        "Example: CIVICLINE_KEYSET=/etc/civicline/keyset.json civicline keyset create"
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    from civicline.people import keyset

    if args.action == "create" and not keyset.create(settings.keyset):
        raise UsageError(f"there is a keyset at {settings.keyset} already: it was left as it is")
    keyset.load(settings.keyset)
    print(f"the keyset {settings.keyset} can be used", file=sys.stderr)
    return 0
