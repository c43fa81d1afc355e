"""`civicline verify recordings`: the store against the journal."""

from __future__ import annotations

import argparse
import sys

from civicline.commands import output
from civicline.database.urls import urls
from civicline.journal.connect import connect
from civicline.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=["recordings"])
    output.add_json(parser)
    parser.epilog = (
        "Opens every second of every recording, and compares counts and hashes with the journal. Ends with 1 when\n"
        "something is wrong, and names it.\nExample: civicline verify recordings --json"
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    from civicline.people import keyset
    from civicline.recordings import checks, store

    keyset.load(settings.keyset)  # without one nothing need be looked at
    with connect(urls(settings).auditor, "verify") as conn:
        found = checks.all_recordings(conn, store.folder(settings.data), keyset.current)
    output.show([problem._asdict() for problem in found.problems], args.json)
    whole, cut, under_way, gone = (found.counts[state] for state in checks.State)
    print(
        f"{whole} whole, {cut} cut, {under_way} under way, {gone} destroyed or disposed of,"
        f" {len(found.problems)} wrong",
        file=sys.stderr,
    )
    return 1 if found.problems else 0
