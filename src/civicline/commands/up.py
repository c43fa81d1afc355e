"""`civicline up`: everything on this machine under one supervisor."""

from __future__ import annotations

import argparse
from pathlib import Path

from civicline.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--agency", type=Path, metavar="PATH", help="load this agency pack when it has changed")
    parser.epilog = "Stops on Ctrl-C or SIGTERM.\nExample: civicline up --agency agencies/demo"


def run(args: argparse.Namespace, settings: Settings) -> int:
    from civicline.supervisor.start import up

    return up(settings, args.agency)
