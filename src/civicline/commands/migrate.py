"""`civicline migrate`: tables and rights. `civicline up` does it by itself."""

from __future__ import annotations

import argparse

from civicline.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "The database must be running.\nExample: civicline run postgres & civicline migrate"


def run(args: argparse.Namespace, settings: Settings) -> int:
    from civicline.database.migrate import migrate

    migrate(settings)
    return 0
